package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** Bytes of files and of the plan itself: there is always more, until the end. */
final class StreamFeed implements SplitFeed {
  private static final int CHUNK_BYTES = 1 << 16;

  private final SplitBytes bytes;
  private final ClassLoader loader;
  private final Map<String, InputStream> streams = new HashMap<>();
  private final byte[] chunk = new byte[CHUNK_BYTES];

  StreamFeed(SplitBytes bytes, ClassLoader loader) {
    this.bytes = bytes;
    this.loader = loader;
  }

  @Override
  public void open(Split split, long offset) throws IOException {
    streams.put(split.id(), bytes.open(loader, split.id(), offset));
  }

  @Override
  public ByteBuffer take(String split) throws IOException {
    InputStream stream = streams.get(split);
    int length = stream.read(chunk);
    if (length >= 0) return ByteBuffer.wrap(chunk, 0, length);
    streams.remove(split).close();
    return null;
  }

  @Override
  public void close() throws IOException {
    for (InputStream stream : streams.values()) stream.close();
    streams.clear();
  }
}
