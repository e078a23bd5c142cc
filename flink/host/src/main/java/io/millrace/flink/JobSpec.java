package io.millrace.flink;

import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.core.fs.Path;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;

/**
 * What the submitting program put into the job's jar, beside our classes: how the job is to run,
 * the plan, the bundle.
 *
 * <p>Tasks read it from the jar again instead of getting it by serialisation: the bundle is large
 * and the same for all.
 */
public final class JobSpec implements Serializable {
  private static final long serialVersionUID = 1;
  private static final int FORMAT = 1;
  private static final ObjectMapper JSON = new ObjectMapper();

  public final String name;

  /** JSON text, as the guest takes it. */
  public final String params;

  public final String globalName;

  /** Folder against which relative locations are resolved. */
  public final String base;

  public final int parallelism;
  public final long checkpointEveryMs;
  public final String checkpointDir;

  /** Event time by which one split may run ahead of the slowest. */
  public final long maxDriftMs;

  /** How long a frame may wait for others before it is sent over the network. */
  public final long flushMs;

  public final int heapMb;
  public final long watchdogMs;

  /** Folder for the state of every operator at the end of the input. */
  public final String finalState;

  JobSpec(JsonNode json) {
    int format = json.path("format").asInt();
    if (format != FORMAT) {
      throw new MillraceException(
          "ML_VERSION",
          "a job of format " + format + " was submitted, this host reads format " + FORMAT,
          "millrace/job.json",
          "Submit with the version of Millrace that the host jar belongs to");
    }
    name = json.required("name").asText();
    params = json.required("params").asText();
    globalName = json.required("globalName").asText();
    base = json.required("base").asText();
    parallelism = json.required("parallelism").asInt();
    checkpointEveryMs = json.required("checkpointEveryMs").asLong();
    checkpointDir = json.required("checkpointDir").asText();
    maxDriftMs = json.required("maxDriftMs").asLong();
    flushMs = json.required("flushMs").asLong();
    heapMb = json.required("heapMb").asInt();
    watchdogMs = json.required("watchdogMs").asLong();
    finalState = json.required("finalState").asText();
  }

  static JobSpec load(ClassLoader loader) throws IOException {
    return new JobSpec(JSON.readTree(text(loader, "millrace/job.json")));
  }

  static Plan plan(ClassLoader loader) throws IOException {
    return new Plan(JSON.readTree(text(loader, "millrace/plan.json")));
  }

  /** The plan without secrets, for whoever looks at what the job leaves behind. */
  static String shownPlan(ClassLoader loader) throws IOException {
    return text(loader, "millrace/plan-shown.json");
  }

  static String bundle(ClassLoader loader) throws IOException {
    return text(loader, "millrace/bundle.js");
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  static JsonNode counts(Map<String, Long> counts) {
    return JSON.valueToTree(counts);
  }

  /** As a JSON text. */
  static String quoted(String text) throws IOException {
    return JSON.writeValueAsString(text);
  }

  static String write(JsonNode json) throws IOException {
    return JSON.writeValueAsString(json);
  }

  /**
   * A location of the pipeline: absolute, with a scheme of Flink's file systems, or relative to the
   * base.
   */
  Path resolve(String location) {
    Path path = new Path(location);
    return path.isAbsolute() || path.toUri().getScheme() != null ? path : new Path(base, location);
  }

  private static String text(ClassLoader loader, String entry) throws IOException {
    try (InputStream in = loader.getResourceAsStream(entry)) {
      if (in == null) {
        throw new MillraceException(
            "ML_PLAN",
            "the job's jar has no entry " + entry,
            "the submitted jar",
            "Submit a pipeline with: millrace submit FILE");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
