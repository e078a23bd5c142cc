package io.millrace.flink;

import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * The partitions of a source's topics as splits, `topic/partition`. Where each begins and ends is
 * asked of the cluster once, when it is first seen.
 */
final class KafkaPartitions implements Closeable {
  private final String uid;
  private final JsonNode source;
  private final KafkaOptions options;
  private final Admin admin;

  /**
   * @param source the source's options in the plan
   */
  KafkaPartitions(String uid, JsonNode source, String base) {
    this.uid = uid;
    this.source = source;
    this.options = new KafkaOptions(source, base);
    this.admin = Admin.create(options.admin());
  }

  static TopicPartition partition(String split) {
    int slash = split.lastIndexOf('/');
    return new TopicPartition(
        split.substring(0, slash), Integer.parseInt(split.substring(slash + 1)));
  }

  static String split(TopicPartition partition) {
    return partition.topic() + "/" + partition.partition();
  }

  /**
   * The splits that are not among those known, in the order of topics and partitions.
   *
   * <p>At the first look they begin where `start` says and end where `until` says; a partition that
   * is made later is read from its beginning.
   */
  List<Split> find(Collection<String> known) throws Exception {
    List<TopicPartition> found = new ArrayList<>();
    Map<String, TopicDescription> topics = describe();
    for (String topic : options.topics()) {
      for (TopicPartitionInfo info : topics.get(topic).partitions()) {
        TopicPartition partition = new TopicPartition(topic, info.partition());
        if (!known.contains(split(partition))) found.add(partition);
      }
    }
    boolean first = known.isEmpty();
    Map<TopicPartition, Long> starts = first ? starts(found) : earliest(found);
    Map<TopicPartition, Long> ends = first ? ends(found) : Map.of();
    List<Split> splits = new ArrayList<>();
    for (TopicPartition partition : found) {
      long end = ends.getOrDefault(partition, Split.OPEN);
      splits.add(new Split(split(partition), "", starts.get(partition), end));
    }
    return splits;
  }

  @Override
  public void close() {
    admin.close();
  }

  private Map<String, TopicDescription> describe() throws Exception {
    try {
      return admin.describeTopics(options.topics()).allTopicNames().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof UnknownTopicOrPartitionException)
          && !(e.getCause() instanceof InvalidTopicException)) throw cause(e);
      throw new MillraceException(
              "ML_NO_TOPIC",
              "the cluster has no such topic; got " + String.join(", ", options.topics()),
              "source \"" + uid + "\" at " + options.brokers(),
              "Create it, or correct its name",
              e)
          .forGood();
    }
  }

  private Map<TopicPartition, Long> starts(List<TopicPartition> partitions) throws Exception {
    JsonNode start = source.path("start");
    if (start.path("offsets").isObject()) {
      Map<TopicPartition, Long> starts = new HashMap<>(earliest(partitions));
      starts.putAll(given(start.get("offsets"), partitions));
      return starts;
    }
    if (start.path("timestamp").isNumber()) {
      Map<TopicPartition, Long> from =
          offsets(partitions, OffsetSpec.forTimestamp(start.get("timestamp").asLong()));
      // Where nothing is as late as that, the next record is.
      Map<TopicPartition, Long> latest = latest(partitions);
      from.replaceAll((partition, offset) -> offset < 0 ? latest.get(partition) : offset);
      return from;
    }
    return start.asText().equals("latest") ? latest(partitions) : earliest(partitions);
  }

  private Map<TopicPartition, Long> ends(List<TopicPartition> partitions) throws Exception {
    JsonNode until = source.path("until");
    if (until.path("offsets").isObject()) {
      Map<TopicPartition, Long> ends = given(until.get("offsets"), partitions);
      for (TopicPartition partition : partitions)
        if (!ends.containsKey(partition)) throw leftOut(partition);
      return ends;
    }
    return until.asText().equals("latest") ? latest(partitions) : Map.of();
  }

  private static Map<TopicPartition, Long> given(
      JsonNode offsets, List<TopicPartition> partitions) {
    Map<TopicPartition, Long> given = new HashMap<>();
    for (TopicPartition partition : partitions) {
      JsonNode offset = offsets.get(split(partition));
      if (offset != null) given.put(partition, offset.asLong());
    }
    return given;
  }

  private RuntimeException leftOut(TopicPartition partition) {
    return new MillraceException(
            "ML_RANGE",
            "offsets of until leave out the partition \"" + split(partition) + "\"",
            "source \"" + uid + "\"",
            "Give an offset for every partition, or write until: 'latest'")
        .forGood();
  }

  private Map<TopicPartition, Long> earliest(List<TopicPartition> partitions) throws Exception {
    return offsets(partitions, OffsetSpec.earliest());
  }

  /**
   * The end of what can be read now: before the first open transaction, where those are awaited.
   */
  private Map<TopicPartition, Long> latest(List<TopicPartition> partitions) throws Exception {
    return offsets(partitions, OffsetSpec.latest());
  }

  private Map<TopicPartition, Long> offsets(List<TopicPartition> partitions, OffsetSpec spec)
      throws Exception {
    if (partitions.isEmpty()) return Map.of();
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (TopicPartition partition : partitions) asked.put(partition, spec);
    IsolationLevel level =
        options.readCommitted() ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
    try {
      Map<TopicPartition, Long> offsets = new HashMap<>();
      Map<TopicPartition, ListOffsetsResultInfo> told =
          admin.listOffsets(asked, new ListOffsetsOptions(level)).all().get();
      told.forEach((partition, info) -> offsets.put(partition, info.offset()));
      return offsets;
    } catch (ExecutionException e) {
      throw cause(e);
    }
  }

  private static Exception cause(ExecutionException error) {
    return error.getCause() instanceof Exception cause ? cause : error;
  }
}
