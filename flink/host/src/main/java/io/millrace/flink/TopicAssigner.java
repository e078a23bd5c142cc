package io.millrace.flink;

import java.io.IOException;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/**
 * Finds the partitions of a Kafka source and gives them to readers. Where each begins and ends is
 * settled when it is found, and kept from then on.
 */
final class TopicAssigner extends SplitAssigner {
  private final String uid;
  private final JsonNode options;
  private final String base;
  private final long discoverMs;
  private KafkaPartitions partitions;
  private boolean looked;

  TopicAssigner(
      SplitEnumeratorContext<Split> context,
      SplitRegister register,
      Plan.Source source,
      String base) {
    super(context, register, !source.bounded());
    this.uid = source.uid();
    this.options = source.options();
    this.base = base;
    this.discoverMs = source.bounded() ? 0 : source.discoverMs();
    this.looked = !register.known().isEmpty();
  }

  @Override
  public void start() {
    partitions = new KafkaPartitions(uid, options, base);
    if (!looked) context.callAsync(this::look, this::found);
    if (discoverMs > 0) context.callAsync(this::look, this::found, discoverMs, discoverMs);
  }

  /** Readers wait until it is known what there is to read. */
  @Override
  public void addReader(int subtask) {
    if (looked) super.addReader(subtask);
  }

  @Override
  public void close() throws IOException {
    if (partitions != null) partitions.close();
  }

  private List<Split> look() throws Exception {
    return partitions.find(List.copyOf(known()));
  }

  /** A look that fails later is repeated at the next one. */
  private void found(List<Split> splits, Throwable error) {
    if (error != null && looked) return;
    if (error instanceof RuntimeException failure) throw failure;
    if (error != null) throw new IllegalStateException(error.toString(), error);
    looked = true;
    splits = splits.stream().filter(split -> !known().contains(split.id())).toList();
    found(splits);
  }
}
