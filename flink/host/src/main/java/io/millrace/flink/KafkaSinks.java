package io.millrace.flink;

import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.connector.base.DeliveryGuarantee;
import org.apache.flink.connector.kafka.sink.KafkaSink;
import org.apache.flink.connector.kafka.sink.TransactionNamingStrategy;

/** Flink's own Kafka sink, fed with the rows of a stage. */
final class KafkaSinks {
  private KafkaSinks() {}

  /**
   * Exactly once: one transaction of Flink's for each checkpoint with rows. Its name begins with
   * the job's, so that a job that is started again ends what an earlier attempt left open, and is
   * never used again, so that a commit that was carried out before can be told from one that came
   * too late.
   */
  static Sink<byte[]> of(JobSpec spec, Plan.Sink sink) {
    KafkaOptions options = new KafkaOptions(sink.options(), spec.base);
    var builder =
        KafkaSink.<byte[]>builder()
            .setKafkaProducerConfig(options.producer())
            .setRecordSerializer(new KafkaRows(options.topic()));
    if (sink.options().path("guarantee").asText().equals("at-least-once"))
      return builder.setDeliveryGuarantee(DeliveryGuarantee.AT_LEAST_ONCE).build();
    String prefix = sink.options().path("transactionalIdPrefix").asText(spec.name);
    return new StrictKafkaSink(
        builder
            .setDeliveryGuarantee(DeliveryGuarantee.EXACTLY_ONCE)
            .setTransactionNamingStrategy(TransactionNamingStrategy.INCREMENTING)
            .setTransactionalIdPrefix(prefix + "-" + sink.uid())
            .build(),
        sink.uid(),
        options.admin());
  }
}
