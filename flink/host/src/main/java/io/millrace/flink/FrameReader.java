package io.millrace.flink;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Reads the splits of one source task: bytes from their feed, records in the guest. Of the splits
 * that have something, the one that lags most in event time goes first. Each has a watermark of its
 * own, from its records alone; Flink pauses those that run too far ahead.
 */
final class FrameReader implements SourceReader<Piece, Split> {
  /** What a guest is given at a time. */
  private static final int CHUNK_BYTES = 1 << 16;

  /** Records between two looks at the mailbox. */
  private static final int PIECES = 256;

  /** Looks at a source's counts are so many reads apart. */
  private static final int READS_PER_LEDGER = 100;

  private final JobSpec spec;
  private final String uid;
  private final SourceReaderContext context;
  private final Plan.Source source;

  /**
   * Whether the job goes on when all splits have ended: this source must then stay, and be idle.
   */
  private final boolean endless;

  private final List<OpenSplit> splits = new ArrayList<>();

  /** Offsets of splits by checkpoint, for those that are under way. */
  private final TreeMap<Long, Map<String, Long>> offsets = new TreeMap<>();

  private SplitFeed feed;
  private Guest guest;

  /** Whether all splits that there are now have come. */
  private boolean complete;

  private boolean moreToCome;
  private boolean markedIdle;

  /** The watermark that the splits of this task have reached together. */
  private double reached = -Guest.END_OF_TIME - 1;

  private int reads;
  private CompletableFuture<Void> available = new CompletableFuture<>();

  FrameReader(JobSpec spec, String uid, SourceReaderContext context) {
    this(spec, uid, context, null);
  }

  /**
   * @param feed of the splits; null: that of the source's connector, made when it is needed
   */
  FrameReader(JobSpec spec, String uid, SourceReaderContext context, SplitFeed feed) {
    this.feed = feed;
    this.spec = spec;
    this.uid = uid;
    this.context = context;
    try {
      Plan plan = JobSpec.plan(loader());
      this.source = plan.source(uid);
      this.endless = plan.endless();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A split under way. */
  private static final class OpenSplit {
    final Split split;
    final int number;

    /** Of what the feed gave, what the guest has not yet. */
    ByteBuffer rest = ByteBuffer.allocate(0);

    boolean opened;
    boolean hungry = true;
    boolean finished;

    /** Finished, and Flink knows: it holds no watermark back. */
    boolean released;

    boolean paused;
    boolean idle;
    double watermark;
    long activeNanos = System.nanoTime();

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
      boolean begun = !split.state().isEmpty();
      double start = split.start();
      double end = split.end();
      int number = guest().callInt("open", uid, split.id(), split.state(), start, end);
      OpenSplit open = new OpenSplit(split, number);
      open.finished = begun && guest.callInt("finished", open.number) != 0;
      open.watermark = begun ? guest.callDouble("watermark", open.number) : -Guest.END_OF_TIME - 1;
      splits.add(open);
      if (complete) open(open);
    }
    available.complete(null);
  }

  @Override
  public void handleSourceEvents(SourceEvent event) {
    if (!(event instanceof SplitAssigner.AllForNow)) return;
    moreToCome = true;
    notifyNoMoreSplits();
  }

  /** Nothing is opened before all are there, so that no reading ahead favours the first. */
  @Override
  public void notifyNoMoreSplits() {
    complete = true;
    for (OpenSplit open : splits) open(open);
    available.complete(null);
  }

  @Override
  public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
    for (OpenSplit open : splits) {
      if (toPause.contains(open.split.id())) open.paused = true;
      if (toResume.contains(open.split.id())) open.paused = false;
    }
    if (feed != null) feed.pauseOrResume(toPause, toResume);
    available.complete(null);
  }

  @Override
  public InputStatus pollNext(ReaderOutput<Piece> output) throws Exception {
    for (OpenSplit one : splits) if (one.finished && !one.released) release(one, output);
    OpenSplit open = lagging();
    if (open == null && complete && feed().look()) open = lagging();
    if (open != null) {
      try {
        read(open, output);
      } catch (Guest.ScriptEnded ended) {
        throw ended.at("source \"" + uid + "\", split \"" + open.split.id() + "\"");
      }
      return InputStatus.MORE_AVAILABLE;
    }
    boolean allFinished = complete && splits.stream().allMatch(split -> split.finished);
    if (allFinished && !endless && !moreToCome) return InputStatus.END_OF_INPUT;
    if (complete) rest(output, allFinished);
    if (available.isDone()) available = new CompletableFuture<>();
    return InputStatus.NOTHING_AVAILABLE;
  }

  @Override
  public CompletableFuture<Void> isAvailable() {
    if (lagging() != null || available.isDone()) return CompletableFuture.completedFuture(null);
    if (feed == null) return available;
    CompletableFuture<Object> any = CompletableFuture.anyOf(available, feed.available());
    boolean awaitsIdleness =
        complete
            && source.idleMs() > 0
            && splits.stream().anyMatch(open -> !open.finished && !open.idle && !open.paused);
    if (awaitsIdleness) any.completeOnTimeout(null, source.idleMs(), TimeUnit.MILLISECONDS);
    return any.thenApply(one -> null);
  }

  @Override
  public List<Split> snapshotState(long checkpoint) {
    List<Split> states = new ArrayList<>();
    Map<String, Long> covered = new HashMap<>();
    for (OpenSplit open : splits) {
      states.add(open.split.at(guest.callString("state", open.number)));
      if (open.opened)
        covered.put(open.split.id(), (long) guest.callDouble("consumed", open.number));
    }
    offsets.put(checkpoint, covered);
    return states;
  }

  @Override
  public void notifyCheckpointComplete(long checkpoint) {
    Map<String, Long> covered = offsets.get(checkpoint);
    offsets.headMap(checkpoint, true).clear();
    if (covered != null && feed != null) feed.covered(covered);
  }

  @Override
  public void close() throws Exception {
    if (feed != null) feed.close();
    feed = null;
    if (guest != null) guest.close();
    guest = null;
  }

  /**
   * The split to read from. Nothing is read before all splits are there: one that came later would
   * find the watermark ahead of its records.
   */
  private OpenSplit lagging() {
    OpenSplit least = null;
    if (!complete) return null;
    for (OpenSplit open : splits) {
      if (open.finished || open.paused || !ready(open)) continue;
      if (least == null || open.watermark < least.watermark) least = open;
    }
    return least;
  }

  private boolean ready(OpenSplit open) {
    return !open.hungry || open.rest.hasRemaining() || feed.ready(open.split.id());
  }

  private void open(OpenSplit open) {
    if (open.opened || open.finished) return;
    open.opened = true;
    boolean begun = !open.split.state().isEmpty();
    long offset = begun ? (long) guest.callDouble("consumed", open.number) : open.split.start();
    try {
      feed().open(open.split, offset);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void read(OpenSplit open, ReaderOutput<Piece> output) throws IOException {
    SourceOutput<Piece> out = output.createOutputForSplit(open.split.id());
    wake(open, out);
    if (open.hungry) feed(open);
    ByteBuffer answer = guest.answer("pump", open.number, PIECES);
    boolean finished = (answer.getInt(0) & Guest.FINISHED) != 0;
    open.hungry = answer.getInt(4) < PIECES;
    open.watermark = answer.getDouble(8);
    Frames.pieces(answer, out::collect);
    if (reads++ % READS_PER_LEDGER == 0 || finished) out.collect(ledger());
    if (finished) finish(open, output, out);
    else if (open.watermark >= -Guest.END_OF_TIME)
      out.emitWatermark(new Watermark((long) open.watermark));
    reach();
  }

  /**
   * A finished split holds no watermark back; that of the task goes to the end of time with the
   * last one, unless others go on: then it is idle for ever.
   */
  private void finish(OpenSplit open, ReaderOutput<Piece> output, SourceOutput<Piece> out)
      throws IOException {
    open.finished = true;
    String state = guest.callString("state", open.number);
    out.collect(FinalState.split(uid, open.split.id(), state));
    release(open, output);
  }

  private void release(OpenSplit open, ReaderOutput<Piece> output) {
    open.released = true;
    if (endless) output.createOutputForSplit(open.split.id()).markIdle();
    else output.releaseOutputForSplit(open.split.id());
  }

  /** What an idle split did not hold back is over for it too: what comes now may be late. */
  private void wake(OpenSplit open, SourceOutput<Piece> out) {
    open.activeNanos = System.nanoTime();
    markedIdle = false;
    if (!open.idle) return;
    open.idle = false;
    guest.callVoid("wake", open.number, reached);
    out.markActive();
  }

  /** Nothing can be read now: marks as idle what has waited long enough. */
  private void rest(ReaderOutput<Piece> output, boolean allFinished) {
    long idleNanos = source.idleMs() * 1_000_000;
    for (OpenSplit open : splits) {
      if (open.finished || open.idle || idleNanos == 0) continue;
      if (open.paused || !feed.caughtUp(open.split.id())) open.activeNanos = System.nanoTime();
      else if (System.nanoTime() - open.activeNanos >= idleNanos) {
        open.idle = true;
        output.createOutputForSplit(open.split.id()).markIdle();
        reach();
      }
    }
    // Without a split that may still speak, this task must not hold the others back. It is active
    // again with the first watermark of a split.
    if (!allFinished || markedIdle) return;
    markedIdle = true;
    output.markIdle();
  }

  /** As Flink combines them: idle and finished splits hold nothing back. */
  private void reach() {
    double least = Guest.END_OF_TIME;
    for (OpenSplit open : splits)
      if (!open.finished && !open.idle) least = Math.min(least, open.watermark);
    if (least < Guest.END_OF_TIME) reached = Math.max(reached, least);
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
    if (!open.rest.hasRemaining()) open.rest = feed.take(open.split.id());
    if (open.rest == null) {
      open.rest = ByteBuffer.allocate(0);
      guest.callVoid("end", open.number);
    } else {
      int length = Math.min(open.rest.remaining(), CHUNK_BYTES);
      ByteBuffer chunk = open.rest.slice(open.rest.position(), length);
      open.rest.position(open.rest.position() + length);
      guest.input(length).put(chunk);
      guest.callVoid("push", open.number, length);
    }
    open.hungry = false;
  }

  private SplitFeed feed() {
    if (feed == null) {
      feed =
          switch (source.connector()) {
            case "kafka" ->
                new KafkaFeed(uid, new KafkaOptions(source.options(), spec.base), source.idleMs());
            case "tcp" -> new TcpFeed(uid, source.options());
            default -> new StreamFeed(new SplitBytes(spec, uid), loader());
          };
    }
    return feed;
  }

  private Guest guest() {
    if (guest == null) {
      try {
        guest = new Guest(spec, JobSpec.bundle(loader()), "openSplits");
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return guest;
  }

  private ClassLoader loader() {
    return context.getUserCodeClassLoader().asClassLoader();
  }
}
