package io.millrace.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A real pipeline, as it stands in a job's jar, and what the embedded engine makes of it. Made by
 * scripts/host-fixture.mjs.
 */
final class Fixture {
  final ClassLoader loader;
  final Plan plan;
  private final Path folder;

  private Fixture(Path folder) throws IOException {
    this.folder = folder;
    loader = new URLClassLoader(new URL[] {folder.toUri().toURL()}, Fixture.class.getClassLoader());
    plan = JobSpec.plan(loader);
  }

  static Fixture of(String name) {
    Path folder = Path.of("target", "fixture", name);
    if (!Files.exists(folder)) {
      throw new IllegalStateException(
          "there is no " + folder + "; run first: node scripts/host-fixture.mjs");
    }
    try {
      return new Fixture(folder);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  JobSpec spec() {
    return spec(Map.of());
  }

  /** The job's settings, some of them changed. */
  JobSpec spec(Map<String, Object> changes) {
    try {
      ObjectNode json = (ObjectNode) read("millrace/job.json");
      changes.forEach(json::putPOJO);
      return new JobSpec(JobSpec.json(json.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String bundle() {
    try {
      return JobSpec.bundle(loader);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  Plan.Stage stage(String id) {
    return plan.stages.stream().filter(stage -> stage.id().equals(id)).findFirst().orElseThrow();
  }

  /**
   * Final state of the embedded engine by `uid/key group`, as base64. Lanes count for themselves.
   */
  SortedMap<String, String> expectedState() throws IOException {
    SortedMap<String, String> state = new TreeMap<>();
    read("expected.json")
        .required("state")
        .fields()
        .forEachRemaining(place -> state.put(place.getKey(), place.getValue().asText()));
    for (Plan.Stage stage : plan.stages) {
      if (!stage.partitioning().equals("forward")) continue;
      for (String uid : stage.operators())
        state.keySet().removeIf(key -> key.startsWith(uid + "/"));
    }
    return state;
  }

  /** Parts that the embedded engine left, by sink. */
  SortedMap<String, List<String>> expectedParts() throws IOException {
    SortedMap<String, List<String>> sinks = new TreeMap<>();
    read("expected.json")
        .required("sinks")
        .fields()
        .forEachRemaining(
            sink -> {
              List<String> parts = new ArrayList<>();
              for (JsonNode part : sink.getValue())
                parts.add(new String(Base64.getDecoder().decode(part.asText()), UTF_8));
              sinks.put(sink.getKey(), parts);
            });
    return sinks;
  }

  private JsonNode read(String file) throws IOException {
    return JobSpec.json(Files.readString(folder.resolve(file)));
  }
}
