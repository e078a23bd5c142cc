// Prints what is committed in topics, as JSON lines, with Kafka's own consumer: java -cp "JARS/*" ReadCommitted.java BROKERS TOPIC...
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

final class ReadCommitted {
  public static void main(String[] args) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", args[0]);
    properties.put("isolation.level", "read_committed");
    properties.put("auto.offset.reset", "none");
    var bytes = new ByteArrayDeserializer();
    StringBuilder out = new StringBuilder();
    try (var consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
      List<TopicPartition> partitions = new ArrayList<>();
      for (int i = 1; i < args.length; i++)
        for (PartitionInfo info : consumer.partitionsFor(args[i]))
          partitions.add(new TopicPartition(info.topic(), info.partition()));
      consumer.assign(partitions);
      consumer.seekToBeginning(partitions);
      Map<TopicPartition, Long> ends = settledEnds(args[0], consumer, partitions);
      while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one)))
        for (var record : consumer.poll(Duration.ofMillis(100))) print(record, out);
    }
    System.out.print(out);
  }

  /**
   * Where partitions end once no transaction is open: a commit is acknowledged before its mark is in
   * every partition, and what came behind is not seen until then.
   */
  private static Map<TopicPartition, Long> settledEnds(
      String brokers, KafkaConsumer<?, ?> committed, List<TopicPartition> partitions) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", brokers);
    var bytes = new ByteArrayDeserializer();
    try (var all = new KafkaConsumer<>(properties, bytes, bytes)) {
      for (; ; ) {
        Map<TopicPartition, Long> ends = committed.endOffsets(partitions);
        if (ends.equals(all.endOffsets(partitions))) return ends;
      }
    }
  }

  private static void print(ConsumerRecord<byte[], byte[]> record, StringBuilder out) {
    out.append("{\"topic\":").append(text(record.topic()));
    out.append(",\"partition\":").append(record.partition());
    out.append(",\"timestamp\":").append(record.timestamp());
    out.append(",\"key\":").append(text(record.key()));
    out.append(",\"headers\":[");
    for (var header : record.headers())
      out.append(out.charAt(out.length() - 1) == '[' ? "" : ",").append(text(header.value()));
    out.append("],\"value\":").append(text(record.value())).append("}\n");
  }

  private static String text(byte[] bytes) {
    return bytes == null ? "null" : text(new String(bytes, StandardCharsets.UTF_8));
  }

  private static String text(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }
}
