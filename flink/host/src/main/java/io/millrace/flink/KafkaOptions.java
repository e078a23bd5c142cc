package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** The options of a Kafka source or sink, as the settings of Kafka's own clients. */
final class KafkaOptions {
  /** The broker's default limit; Flink's own default of an hour would be refused by it. */
  private static final int TRANSACTION_TIMEOUT_MS = 900_000;

  private final JsonNode options;
  private final String base;

  /**
   * @param base folder against which paths are resolved
   */
  KafkaOptions(JsonNode options, String base) {
    this.options = options;
    this.base = base;
  }

  List<String> topics() {
    List<String> topics = new ArrayList<>();
    options.required("topics").forEach(topic -> topics.add(topic.asText()));
    return topics;
  }

  /** Of a sink. */
  String topic() {
    return options.required("topic").asText();
  }

  String brokers() {
    List<String> brokers = new ArrayList<>();
    options.required("brokers").forEach(broker -> brokers.add(broker.asText()));
    return String.join(",", brokers);
  }

  boolean readCommitted() {
    return !options.path("isolation").asText().equals("read_uncommitted");
  }

  /** What the group's offsets are shown under; empty: nowhere. */
  String group() {
    return options.path("group").asText("");
  }

  Properties admin() {
    return client();
  }

  /** Reads what it is assigned, from where it is told, and commits nothing by itself. */
  Properties consumer() {
    Properties properties = client();
    properties.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(
        ConsumerConfig.ISOLATION_LEVEL_CONFIG,
        readCommitted() ? "read_committed" : "read_uncommitted");
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 2000);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, 16 << 20);
    if (!group().isEmpty()) properties.put(ConsumerConfig.GROUP_ID_CONFIG, group());
    return properties;
  }

  Properties producer() {
    Properties properties = client();
    String compression = options.path("compression").asText("none");
    properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, compression);
    properties.put(
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        options.path("transactionTimeoutMs").asInt(TRANSACTION_TIMEOUT_MS));
    return properties;
  }

  private Properties client() {
    Properties properties = new Properties();
    properties.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, brokers());
    boolean tls = options.hasNonNull("tls");
    boolean sasl = options.hasNonNull("sasl");
    properties.put(
        CommonClientConfigs.SECURITY_PROTOCOL_CONFIG,
        (sasl ? "SASL_" : "") + (tls ? "SSL" : "PLAINTEXT"));
    if (tls) secure(options.get("tls"), properties);
    if (sasl) authenticate(options.get("sasl"), properties);
    SecretProvider.allow(properties);
    return properties;
  }

  /** Certificates and keys are files, read where the client is made. */
  private void secure(JsonNode tls, Properties properties) {
    if (tls.hasNonNull("ca")) {
      properties.put(SslConfigs.SSL_TRUSTSTORE_TYPE_CONFIG, "PEM");
      properties.put(SslConfigs.SSL_TRUSTSTORE_CERTIFICATES_CONFIG, file(tls, "ca"));
    }
    if (tls.hasNonNull("cert")) {
      properties.put(SslConfigs.SSL_KEYSTORE_TYPE_CONFIG, "PEM");
      properties.put(SslConfigs.SSL_KEYSTORE_CERTIFICATE_CHAIN_CONFIG, file(tls, "cert"));
      properties.put(SslConfigs.SSL_KEYSTORE_KEY_CONFIG, file(tls, "key"));
    }
    if (tls.hasNonNull("passphrase"))
      properties.put(
          SslConfigs.SSL_KEY_PASSWORD_CONFIG, SecretProvider.place(tls.get("passphrase"), base));
  }

  private String file(JsonNode tls, String option) {
    return SecretProvider.filePlace(tls.get(option).asText(), base);
  }

  private void authenticate(JsonNode sasl, Properties properties) {
    String mechanism = sasl.required("mechanism").asText();
    properties.put(SaslConfigs.SASL_MECHANISM, mechanism);
    String module =
        mechanism.equals("PLAIN")
            ? "org.apache.kafka.common.security.plain.PlainLoginModule"
            : "org.apache.kafka.common.security.scram.ScramLoginModule";
    properties.put(
        SaslConfigs.SASL_JAAS_CONFIG,
        module
            + " required username=\""
            + SecretProvider.quotedPlace(sasl.required("username"), base)
            + "\" password=\""
            + SecretProvider.quotedPlace(sasl.required("password"), base)
            + "\";");
  }
}
