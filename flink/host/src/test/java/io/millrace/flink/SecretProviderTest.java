package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.config.types.Password;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A secret of a Kafka client")
class SecretProviderTest {
  @TempDir Path base;

  @Test
  @DisplayName("is read from its file where the client is made; the settings hold its place")
  void fromFile() throws Exception {
    Files.writeString(base.resolve("word"), "a \"q\\uote\"\n");
    Properties properties = options("{\"secret\":{\"file\":\"word\"}}").consumer();
    assertFalse(properties.toString().contains("q\\uote"));
    String jaas = jaas(properties);
    assertTrue(jaas.contains("username=\"mill\" password=\"a \\\"q\\\\uote\\\"\";"), jaas);
  }

  @Test
  @DisplayName("is read from the environment")
  void fromEnvironment() throws Exception {
    Properties properties = options("{\"secret\":{\"env\":\"PATH\"}}").consumer();
    assertTrue(jaas(properties).contains(System.getenv("PATH")));
  }

  @Test
  @DisplayName("that is missing is named by its place")
  void missing() throws Exception {
    Properties properties = options("{\"secret\":{\"env\":\"NO_SUCH_WORD\"}}").consumer();
    var refusal = assertThrows(RuntimeException.class, () -> jaas(properties));
    Throwable cause = refusal;
    while (cause.getCause() != null) cause = cause.getCause();
    assertTrue(cause.getMessage().startsWith("ML_SECRET: the environment variable NO_SUCH_WORD"));
  }

  @Test
  @DisplayName("may be a text, with whatever is in it")
  void text() throws Exception {
    assertTrue(jaas(options("\"pa\\\"ss\"").consumer()).contains("password=\"pa\\\"ss\""));
  }

  private KafkaOptions options(String password) throws Exception {
    String sasl = "{\"mechanism\":\"PLAIN\",\"username\":\"mill\",\"password\":" + password + "}";
    String json =
        "{\"brokers\":[\"127.0.0.1:1\"],\"topics\":[\"t\"],\"tls\":{},\"sasl\":" + sasl + "}";
    return new KafkaOptions(JobSpec.json(json), base.toString());
  }

  private static String jaas(Properties properties) {
    assertEquals("SASL_SSL", properties.get("security.protocol"));
    return ((Password) new ConsumerConfig(properties).values().get("sasl.jaas.config")).value();
  }
}
