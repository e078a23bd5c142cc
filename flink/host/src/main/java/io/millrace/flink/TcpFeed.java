package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lines that a server sends, over one connection after the other: one split, at most once. A thread
 * reads ahead, and stops reading the socket when what waits has reached its bound.
 */
final class TcpFeed implements SplitFeed {
  private static final Logger LOG = LoggerFactory.getLogger(TcpFeed.class);
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int FIRST_PAUSE_MS = 250;
  private static final int LAST_PAUSE_MS = 30_000;

  private final TcpAddress address;
  private final boolean reconnect;
  private final int bufferBytes;
  private final LineCutter lines;
  private final Thread thread;
  private final Queue<byte[]> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private boolean ended;
  private RuntimeException failure;
  private boolean closed;
  private Socket socket;
  private CompletableFuture<Void> available = new CompletableFuture<>();

  TcpFeed(String uid, JsonNode options) {
    address = TcpAddress.of(options, "source \"" + uid + "\"");
    reconnect = options.path("reconnect").asBoolean(true);
    bufferBytes = options.path("bufferBytes").asInt(1 << 20);
    lines = new LineCutter(options.required("maxRecordBytes").asInt());
    thread = new Thread(this::run, "TCP source " + uid);
    thread.setDaemon(true);
  }

  @Override
  public void open(Split split, long offset) {
    thread.start();
  }

  @Override
  public synchronized boolean ready(String split) {
    if (failure != null) throw failure;
    return ended || !waiting.isEmpty();
  }

  @Override
  public synchronized ByteBuffer take(String split) {
    byte[] chunk = waiting.poll();
    if (chunk == null) return null;
    waitingBytes -= chunk.length;
    notifyAll();
    return ByteBuffer.wrap(chunk);
  }

  @Override
  public synchronized CompletableFuture<Void> available() {
    if (available.isDone() && waiting.isEmpty() && !ended && failure == null)
      available = new CompletableFuture<>();
    return available;
  }

  @Override
  public synchronized boolean caughtUp(String split) {
    return waiting.isEmpty();
  }

  @Override
  public void close() throws IOException {
    synchronized (this) {
      closed = true;
      if (socket != null) socket.close();
      notifyAll();
    }
    thread.interrupt();
  }

  private void run() {
    try {
      readOn();
    } catch (InterruptedException e) {
      // It is being closed.
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void readOn() throws InterruptedException {
    boolean first = true;
    for (int pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LAST_PAUSE_MS, 2 * pauseMs)) {
      IOException cause = null;
      try {
        if (readConnection()) pauseMs = FIRST_PAUSE_MS;
        first = false;
      } catch (IOException e) {
        cause = e;
      }
      synchronized (this) {
        if (closed) return;
      }
      if (cause != null && (first || !reconnect))
        throw address.lost(first ? "cannot connect" : "the connection broke before its end", cause);
      if (!reconnect) {
        end();
        return;
      }
      LOG.warn(
          "{}: the connection {}; what the server sends until the next one is lost",
          address.where(),
          cause == null ? "was ended by the server" : "broke: " + cause);
      Thread.sleep(pauseMs);
    }
  }

  /** Reads to the end of a connection; a line that has no end by then is dropped. */
  private boolean readConnection() throws IOException, InterruptedException {
    boolean hadLines = false;
    try (Socket opened = address.connect()) {
      synchronized (this) {
        socket = opened;
        if (closed) return false;
      }
      lines.reset();
      InputStream in = opened.getInputStream();
      byte[] chunk = new byte[CHUNK_BYTES];
      for (int length; (length = in.read(chunk)) >= 0; ) {
        byte[] whole = lines.take(Arrays.copyOf(chunk, length));
        if (whole.length == 0) continue;
        hadLines = true;
        give(whole);
      }
    }
    return hadLines;
  }

  private synchronized void give(byte[] whole) throws InterruptedException {
    while (waitingBytes > 0 && waitingBytes + whole.length > bufferBytes && !closed) wait();
    waiting.add(whole);
    waitingBytes += whole.length;
    available.complete(null);
  }

  private synchronized void end() {
    ended = true;
    available.complete(null);
  }

  private synchronized void fail(RuntimeException error) {
    failure = error;
    available.complete(null);
  }
}
