package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads the splits of one source task: bytes from the file system, records in the guest. The split
 * that lags most in event time goes first. Each has a watermark of its own, from its records alone;
 * Flink pauses those that run too far ahead.
 */
final class FrameReader implements SourceReader<Piece, Split> {
  private static final int CHUNK_BYTES = 1 << 16;

  /** Records between two looks at the mailbox. */
  private static final int PIECES = 256;

  /** Looks at a source's counts are so many reads apart. */
  private static final int READS_PER_LEDGER = 100;

  private final JobSpec spec;
  private final String uid;
  private final SourceReaderContext context;
  private final SplitBytes bytes;
  private final byte[] chunk = new byte[CHUNK_BYTES];
  private final List<OpenSplit> splits = new ArrayList<>();
  private Guest guest;
  private boolean complete;
  private int reads;
  private CompletableFuture<Void> available = new CompletableFuture<>();

  FrameReader(JobSpec spec, String uid, SourceReaderContext context) {
    this.spec = spec;
    this.uid = uid;
    this.context = context;
    this.bytes = new SplitBytes(spec, uid);
  }

  /** A split under way. */
  private static final class OpenSplit {
    final Split split;
    final int number;
    InputStream stream;
    boolean hungry = true;
    boolean finished;
    boolean paused;
    double watermark;

    OpenSplit(Split split, int number) {
      this.split = split;
      this.number = number;
    }
  }

  @Override
  public void start() {}

  @Override
  public void addSplits(List<Split> added) {
    for (Split split : added) {
      OpenSplit open =
          new OpenSplit(split, guest().callInt("open", uid, split.id(), split.state()));
      open.finished = !split.state().isEmpty() && guest.callInt("finished", open.number) != 0;
      open.watermark =
          split.state().isEmpty()
              ? -Guest.END_OF_TIME - 1
              : guest.callDouble("watermark", open.number);
      splits.add(open);
    }
    available.complete(null);
  }

  @Override
  public void notifyNoMoreSplits() {
    complete = true;
    available.complete(null);
  }

  @Override
  public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
    for (OpenSplit open : splits) {
      if (toPause.contains(open.split.id())) open.paused = true;
      if (toResume.contains(open.split.id())) open.paused = false;
    }
    available.complete(null);
  }

  @Override
  public InputStatus pollNext(ReaderOutput<Piece> output) throws Exception {
    OpenSplit open = lagging();
    if (open != null) {
      try {
        read(open, output);
      } catch (Guest.ScriptEnded ended) {
        throw ended.at("source \"" + uid + "\", split \"" + open.split.id() + "\"");
      }
      return InputStatus.MORE_AVAILABLE;
    }
    if (complete && splits.stream().allMatch(split -> split.finished))
      return InputStatus.END_OF_INPUT;
    if (available.isDone()) available = new CompletableFuture<>();
    return InputStatus.NOTHING_AVAILABLE;
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    return lagging() == null && !available.isDone()
        ? available
        : CompletableFuture.completedFuture(null);
  }

  @Override
  public List<Split> snapshotState(long checkpoint) {
    List<Split> states = new ArrayList<>();
    for (OpenSplit open : splits) states.add(open.split.at(guest.callString("state", open.number)));
    return states;
  }

  @Override
  public void close() throws Exception {
    for (OpenSplit open : splits) if (open.stream != null) open.stream.close();
    if (guest != null) guest.close();
    guest = null;
  }

  /**
   * Nothing is read before all splits are there: one that came later would find the watermark ahead
   * of its records.
   */
  private OpenSplit lagging() {
    OpenSplit least = null;
    if (!complete) return null;
    for (OpenSplit open : splits) {
      if (open.finished || open.paused) continue;
      if (least == null || open.watermark < least.watermark) least = open;
    }
    return least;
  }

  private void read(OpenSplit open, ReaderOutput<Piece> output) throws IOException {
    if (open.hungry) feed(open);
    ByteBuffer answer = guest.answer("pump", open.number, PIECES);
    boolean finished = (answer.getInt(0) & Guest.FINISHED) != 0;
    open.hungry = answer.getInt(4) < PIECES;
    open.watermark = answer.getDouble(8);
    SourceOutput<Piece> out = output.createOutputForSplit(open.split.id());
    Frames.pieces(answer, out::collect);
    if (reads++ % READS_PER_LEDGER == 0 || finished) out.collect(ledger());
    if (finished) finish(open, output, out);
    else if (open.watermark >= -Guest.END_OF_TIME)
      out.emitWatermark(new Watermark((long) open.watermark));
  }

  /**
   * A finished split holds no watermark back; that of the task goes to the end of time with the
   * last one.
   */
  private void finish(OpenSplit open, ReaderOutput<Piece> output, SourceOutput<Piece> out)
      throws IOException {
    open.finished = true;
    String state = guest.callString("state", open.number);
    out.collect(FinalState.split(uid, open.split.id(), state));
    open.stream.close();
    open.stream = null;
    output.releaseOutputForSplit(open.split.id());
  }

  /** The counts of all splits of this task. */
  private Piece ledger() throws IOException {
    Map<String, Long> sums = new LinkedHashMap<>();
    for (OpenSplit open : splits) {
      JsonNode counts = JobSpec.json(guest.callString("state", open.number)).required("ledger");
      counts
          .fields()
          .forEachRemaining(
              count -> sums.merge(count.getKey(), count.getValue().asLong(), Long::sum));
    }
    return new Piece(
        Piece.LEDGER,
        0,
        0,
        0,
        JobSpec.write(JobSpec.counts(sums)).getBytes(StandardCharsets.UTF_8));
  }

  /** Gives the guest more bytes, or tells it that there are none. */
  private void feed(OpenSplit open) throws IOException {
    if (open.stream == null) {
      long consumed =
          open.split.state().isEmpty() ? 0 : (long) guest.callDouble("consumed", open.number);
      open.stream =
          bytes.open(context.getUserCodeClassLoader().asClassLoader(), open.split.id(), consumed);
    }
    int length = open.stream.read(chunk);
    if (length < 0) guest.callVoid("end", open.number);
    else {
      guest.input(CHUNK_BYTES).put(chunk, 0, length);
      guest.callVoid("push", open.number, length);
    }
    open.hungry = false;
  }

  private Guest guest() {
    if (guest == null) {
      try {
        guest =
            new Guest(
                spec,
                JobSpec.bundle(context.getUserCodeClassLoader().asClassLoader()),
                "openSplits");
      } catch (IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }
    return guest;
  }
}
