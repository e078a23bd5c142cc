package io.millrace.flink;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.fetcher.SingleThreadFetcherManager;
import org.apache.flink.connector.base.source.reader.fetcher.SplitFetcher;
import org.apache.flink.connector.base.source.reader.fetcher.SplitFetcherTask;

/**
 * Message frames of Kafka partitions, fetched by a thread beside the task's. What is taken ahead is
 * bounded: a few fetches, and what Kafka's consumer holds.
 */
final class KafkaFeed implements SplitFeed {
  private static final long CLOSE_MS = 10_000;

  private final Fetchers fetchers;
  private final boolean shown;
  private final Map<String, Queue<ByteBuffer>> waiting = new HashMap<>();
  private final Set<String> ended = new HashSet<>();
  private final Set<String> caughtUp = new HashSet<>();

  /**
   * @param idleMs after how long without a record a split is idle; 0: never
   */
  KafkaFeed(String uid, KafkaOptions options, long idleMs) {
    Properties properties = options.consumer();
    // Nobody waits for what is idle: then a fetch may wait as long as it likes.
    Duration patience = Duration.ofMillis(idleMs == 0 ? 10_000 : Math.max(5, idleMs / 4));
    shown = !options.group().isEmpty();
    fetchers = new Fetchers(() -> new PartitionFetcher(uid, properties, patience));
  }

  @Override
  public void open(Split split, long offset) {
    waiting.put(split.id(), new ArrayDeque<>());
    fetchers.addSplits(List.of(new Split(split.id(), "", offset, split.end())));
  }

  @Override
  public boolean ready(String split) {
    return ended.contains(split) || !waiting.get(split).isEmpty();
  }

  @Override
  public ByteBuffer take(String split) {
    ByteBuffer frames = waiting.get(split).poll();
    if (frames == null) caughtUp.remove(split);
    return frames;
  }

  @Override
  public boolean look() {
    fetchers.check();
    RecordsWithSplitIds<PartitionFetcher.Chunk> fetched = fetchers.getQueue().poll();
    if (fetched == null) return false;
    for (String split = fetched.nextSplit(); split != null; split = fetched.nextSplit()) {
      PartitionFetcher.Chunk chunk;
      while ((chunk = fetched.nextRecordFromSplit()) != null) take(split, chunk);
    }
    ended.addAll(fetched.finishedSplits());
    fetched.recycle();
    return true;
  }

  @Override
  public CompletableFuture<Void> available() {
    return fetchers.getQueue().getAvailabilityFuture();
  }

  @Override
  public boolean caughtUp(String split) {
    return caughtUp.contains(split) && waiting.get(split).isEmpty();
  }

  @Override
  public void pauseOrResume(Collection<String> toPause, Collection<String> toResume) {
    fetchers.pauseOrResumeSplits(toPause, toResume);
  }

  @Override
  public void covered(Map<String, Long> offsets) {
    if (shown && !offsets.isEmpty()) fetchers.commit(offsets);
  }

  @Override
  public void close() throws IOException {
    try {
      fetchers.close(CLOSE_MS);
    } catch (Exception e) {
      throw new IOException("the Kafka consumer does not close", e);
    }
  }

  private void take(String split, PartitionFetcher.Chunk chunk) {
    if (chunk.frames().length > 0) waiting.get(split).add(ByteBuffer.wrap(chunk.frames()));
    if (chunk.caughtUp()) caughtUp.add(split);
    else caughtUp.remove(split);
  }

  /** One thread for all partitions of the task. */
  private static final class Fetchers
      extends SingleThreadFetcherManager<PartitionFetcher.Chunk, Split> {
    Fetchers(java.util.function.Supplier<PartitionFetcher> fetcher) {
      super(fetcher::get, new Configuration());
    }

    /** Throws what the fetcher met: in our words where it said them. */
    void check() {
      try {
        checkErrors();
      } catch (RuntimeException e) {
        for (Throwable cause = e; cause != null; cause = cause.getCause())
          if (cause instanceof MillraceException said) throw said.forGood();
        throw e;
      }
    }

    void commit(Map<String, Long> offsets) {
      for (SplitFetcher<PartitionFetcher.Chunk, Split> fetcher : fetchers.values()) {
        PartitionFetcher reader = (PartitionFetcher) fetcher.getSplitReader();
        fetcher.enqueueTask(
            new SplitFetcherTask() {
              @Override
              public boolean run() {
                reader.commit(offsets);
                return true;
              }

              @Override
              public void wakeUp() {}
            });
      }
    }
  }
}
