package io.millrace.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.flink.connector.base.source.reader.RecordsBySplits;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitReader;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.WakeupException;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.record.TimestampType;

/**
 * Reads partitions with Kafka's consumer, in the fetcher's thread, and makes message frames of what
 * comes. What it reads, and from where, is told: no group is asked, and no offset falls back to
 * another.
 */
final class PartitionFetcher implements SplitReader<PartitionFetcher.Chunk, Split> {
  /** A position is known at once, unless the cluster is away. */
  private static final Duration POSITION = Duration.ofMillis(100);

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final String uid;
  private final Duration patience;

  /** Where partitions end, for those that do. */
  private final Map<TopicPartition, Long> ends = new HashMap<>();

  /**
   * @param patience how long a fetch waits for records; after it what has caught up is known
   */
  PartitionFetcher(String uid, Properties properties, Duration patience) {
    this.uid = uid;
    this.patience = patience;
    consumer = new KafkaConsumer<>(properties);
  }

  /**
   * Frames of one split, one behind the other.
   *
   * @param caughtUp whether the cluster has none after them now
   */
  record Chunk(byte[] frames, boolean caughtUp) {}

  @Override
  public RecordsWithSplitIds<Chunk> fetch() {
    ConsumerRecords<byte[], byte[]> records = poll();
    RecordsBySplits.Builder<Chunk> fetched = new RecordsBySplits.Builder<>();
    List<TopicPartition> going = new ArrayList<>();
    for (TopicPartition partition : consumer.assignment()) {
      long end = ends.getOrDefault(partition, Long.MAX_VALUE);
      byte[] frames = frames(records.records(partition), end);
      String split = KafkaPartitions.split(partition);
      boolean caughtUp = consumer.currentLag(partition).orElse(1) <= 0;
      if (frames.length > 0 || caughtUp) fetched.add(split, new Chunk(frames, caughtUp));
      // Not the last record's offset: what follows it may be the marks of transactions.
      if (!atEnd(partition)) going.add(partition);
      else fetched.addFinishedSplit(split);
    }
    if (going.size() < consumer.assignment().size()) consumer.assign(going);
    return fetched.build();
  }

  @Override
  public void handleSplitsChanges(SplitsChange<Split> change) {
    List<TopicPartition> assigned = new ArrayList<>(consumer.assignment());
    for (Split split : change.splits()) assigned.add(KafkaPartitions.partition(split.id()));
    consumer.assign(assigned);
    for (Split split : change.splits()) {
      TopicPartition partition = KafkaPartitions.partition(split.id());
      consumer.seek(partition, split.start());
      if (split.end() >= 0) ends.put(partition, split.end());
    }
  }

  @Override
  public void pauseOrResumeSplits(Collection<Split> toPause, Collection<Split> toResume) {
    consumer.pause(assigned(toPause));
    consumer.resume(assigned(toResume));
  }

  @Override
  public void wakeUp() {
    consumer.wakeup();
  }

  @Override
  public void close() {
    consumer.close();
  }

  /** Shows a group how far everything before these offsets is done. Nothing of ours reads it. */
  void commit(Map<String, Long> offsets) {
    Map<TopicPartition, OffsetAndMetadata> positions = new HashMap<>();
    offsets.forEach(
        (split, offset) ->
            positions.put(KafkaPartitions.partition(split), new OffsetAndMetadata(offset)));
    // Its failure costs nothing: the next checkpoint shows the next offsets.
    consumer.commitAsync(positions, (committed, error) -> {});
  }

  private List<TopicPartition> assigned(Collection<Split> splits) {
    return splits.stream()
        .map(split -> KafkaPartitions.partition(split.id()))
        .filter(consumer.assignment()::contains)
        .toList();
  }

  private ConsumerRecords<byte[], byte[]> poll() {
    try {
      // A split that begins at its end must not wait for records of others.
      boolean anyAtEnd = consumer.assignment().stream().anyMatch(this::atEnd);
      return consumer.poll(anyAtEnd ? Duration.ZERO : patience);
    } catch (WakeupException e) {
      return ConsumerRecords.empty();
    } catch (OffsetOutOfRangeException e) {
      throw lost(e);
    }
  }

  private boolean atEnd(TopicPartition partition) {
    Long end = ends.get(partition);
    if (end == null) return false;
    for (; ; ) {
      try {
        return consumer.position(partition, POSITION) >= end;
      } catch (WakeupException e) {
        // It was meant for the poll that was over already.
      } catch (TimeoutException e) {
        return false;
      }
    }
  }

  private RuntimeException lost(OffsetOutOfRangeException error) {
    var gap = error.offsetOutOfRangePartitions().entrySet().iterator().next();
    TopicPartition partition = gap.getKey();
    List<TopicPartition> one = List.of(partition);
    long first = consumer.beginningOffsets(one).get(partition);
    long last = consumer.endOffsets(one).get(partition);
    String where = "source \"" + uid + "\", split \"" + KafkaPartitions.split(partition) + "\"";
    if (gap.getValue() >= first)
      return new MillraceException(
          "ML_SOURCE_CHANGED",
          "the partition ends at offset " + last + ", the source stands at " + gap.getValue(),
          where,
          "If the topic was made anew, start the job anew too");
    return new MillraceException(
        "ML_OFFSET_LOST",
        "the topic no longer keeps offsets " + gap.getValue() + " to " + (first - 1),
        where,
        "Start anew from what is left, and keep records longer than the job may rest");
  }

  private static byte[] frames(List<ConsumerRecord<byte[], byte[]>> records, long end) {
    List<MessageFrame> frames = new ArrayList<>(records.size());
    for (ConsumerRecord<byte[], byte[]> record : records) {
      if (record.offset() >= end) break;
      frames.add(frame(record));
    }
    return MessageFrame.write(frames);
  }

  private static MessageFrame frame(ConsumerRecord<byte[], byte[]> record) {
    List<MessageFrame.Header> headers = new ArrayList<>();
    for (Header header : record.headers())
      headers.add(new MessageFrame.Header(header.key(), header.value()));
    boolean timed = record.timestampType() != TimestampType.NO_TIMESTAMP_TYPE;
    return new MessageFrame(
        record.offset(),
        timed ? record.timestamp() : Double.NaN,
        record.key(),
        headers,
        record.value());
  }
}
