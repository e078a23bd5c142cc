package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.connector.kafka.sink.KafkaRecordSerializationSchema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.utils.Utils;

/**
 * Makes a record of Kafka's of each row, which is a message frame. A key goes where Kafka's own
 * partitioner puts it; rows without one go round by their place in the sink. Both do not depend on
 * who writes.
 */
final class KafkaRows implements KafkaRecordSerializationSchema<byte[]> {
  private static final long serialVersionUID = 1;
  private final String topic;

  KafkaRows(String topic) {
    this.topic = topic;
  }

  @Override
  public ProducerRecord<byte[], byte[]> serialize(
      byte[] row, KafkaSinkContext context, Long ignored) {
    MessageFrame frame = MessageFrame.read(ByteBuffer.wrap(row).order(ByteOrder.LITTLE_ENDIAN));
    int partitions = context.getPartitionsForTopic(topic).length;
    List<Header> headers = new ArrayList<>();
    for (MessageFrame.Header header : frame.headers())
      headers.add(new RecordHeader(header.name(), header.value()));
    Long timestamp = Double.isNaN(frame.timestamp()) ? null : (long) frame.timestamp();
    return new ProducerRecord<>(
        topic, partition(frame, partitions), timestamp, frame.key(), frame.value(), headers);
  }

  static int partition(MessageFrame frame, int partitions) {
    return frame.key() == null
        ? (int) (frame.offset() % partitions)
        : Utils.toPositive(Utils.murmur2(frame.key())) % partitions;
  }
}
