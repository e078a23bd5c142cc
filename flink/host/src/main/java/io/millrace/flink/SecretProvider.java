package io.millrace.flink;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.kafka.common.config.ConfigData;
import org.apache.kafka.common.config.provider.ConfigProvider;

/**
 * Reads secrets where a client is made, on the machine that needs them: the job's graph and the
 * checkpoints hold places, as the plan does. Known to Kafka's clients as `${secret:env:NAME}`.
 */
public final class SecretProvider implements ConfigProvider {
  private static final String QUOTED = "quoted-";

  /** Between the name of a variable and the base; in neither. */
  private static final String SEPARATOR = "=";

  /** Makes the settings of a client understand places. */
  static void allow(Properties properties) {
    properties.put("config.providers", "secret");
    properties.put("config.providers.secret.class", SecretProvider.class.getName());
  }

  /** How a setting names a secret; a text is taken as it is. */
  static String place(JsonNode value, String base) {
    return value.isTextual() ? value.asText() : place(value, base, "");
  }

  /** As {@link #place}, for a text between quotes. */
  static String quotedPlace(JsonNode value, String base) {
    return value.isTextual() ? quoted(value.asText()) : place(value, base, QUOTED);
  }

  private static String place(JsonNode value, String base, String prefix) {
    JsonNode place = value.required("secret");
    String kind = place.has("env") ? "env" : "file";
    String name = place.required(kind).asText();
    if (kind.equals("file")) return filePlace(name, base, prefix);
    // A file that a variable names is found against the base too.
    return "${secret:" + prefix + "env:" + name + SEPARATOR + base + "}";
  }

  /** How a setting names what is in a file. */
  static String filePlace(String path, String base) {
    return filePlace(path, base, "");
  }

  private static String filePlace(String path, String base, String prefix) {
    return "${secret:" + prefix + "file:" + Path.of(base).resolve(path) + "}";
  }

  private static String quoted(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }

  @Override
  public ConfigData get(String path, Set<String> keys) {
    Map<String, String> values = new HashMap<>();
    for (String key : keys) {
      boolean quotes = path.startsWith(QUOTED);
      int cut = key.indexOf(SEPARATOR);
      String text =
          path.endsWith("env")
              ? fromEnvironment(key.substring(0, cut), Path.of(key.substring(cut + 1)))
              : fromFile(Path.of(key));
      values.put(key, quotes ? quoted(text) : text);
    }
    return new ConfigData(values);
  }

  @Override
  public ConfigData get(String path) {
    return new ConfigData(Map.of());
  }

  /** The variable, or the file that `NAME_FILE` names. */
  private static String fromEnvironment(String name, Path base) {
    String text = System.getenv(name);
    String file = System.getenv(name + "_FILE");
    if (text == null && file != null) return fromFile(base.resolve(file));
    if (text != null && !text.isEmpty()) return text;
    throw refusal(
        "the environment variable " + name + " is not set",
        "Set it, or " + name + "_FILE, for the processes of the cluster");
  }

  /** One line break at the end is not part of the secret. */
  private static String fromFile(Path path) {
    try {
      String text = Files.readString(path, StandardCharsets.UTF_8);
      return text.replaceFirst("\\r?\\n$", "");
    } catch (IOException e) {
      throw refusal(
          "the file " + path + " of a secret cannot be read",
          "Put the secret there, on every machine of the cluster");
    }
  }

  private static RuntimeException refusal(String what, String remedy) {
    return new MillraceException("ML_SECRET", what, "a machine of the cluster", remedy).forGood();
  }

  @Override
  public void configure(Map<String, ?> settings) {}

  @Override
  public void close() {}
}
