package io.millrace.flink;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** The part of a plan that the host needs: which stages there are and what flows between them. */
public final class Plan {
  private static final int VERSION = 1;

  public final String name;
  public final boolean eventTime;
  public final int keyGroups;
  public final List<Source> sources = new ArrayList<>();
  public final List<Stage> stages = new ArrayList<>();

  /**
   * A source; `options` are its connector's.
   *
   * @param discoverMs between two looks for new splits; 0: never
   * @param idleMs without a record after which a split that has caught up is idle; 0: never
   */
  public record Source(
      String uid,
      String connector,
      JsonNode options,
      JsonNode format,
      boolean bounded,
      long discoverMs,
      long idleMs) {}

  /** Operators that run together. */
  public record Stage(
      int index,
      String id,
      String partitioning,
      List<String> operators,
      List<Input> inputs,
      List<Sink> sinks) {
    boolean single() {
      return partitioning.equals("single");
    }

    boolean keyed() {
      return partitioning.equals("key");
    }
  }

  /** An edge into a stage. */
  public record Input(String uid, String output) {}

  /** A sink operator; `operator` is its place in the stage. */
  public record Sink(String uid, int operator, String connector, JsonNode options, String format) {}

  /** An edge out of a stage or source: to one input of one stage. */
  public record Edge(int stage, int input, String partitioning, int parallelism)
      implements Serializable {
    String tag() {
      return stage + "/" + input;
    }
  }

  Plan(JsonNode json) {
    int version = json.path("version").asInt();
    if (version != VERSION) {
      throw new MillraceException(
          "ML_VERSION",
          "the plan has version " + version + ", this host reads version " + VERSION,
          "millrace/plan.json",
          "Submit with the version of Millrace that the host jar belongs to");
    }
    name = json.required("name").asText();
    eventTime = json.required("order").asText().equals("eventTime");
    keyGroups = json.required("keyGroups").asInt();
    for (JsonNode source : json.required("sources")) {
      sources.add(
          new Source(
              source.required("uid").asText(),
              source.required("connector").asText(),
              source.required("options"),
              source.required("format"),
              source.path("bounded").asBoolean(true),
              source.path("discoverMs").asLong(),
              source.path("idleMs").asLong()));
    }
    for (JsonNode stage : json.required("stages"))
      stages.add(stage(stage, json.required("operators")));
  }

  Source source(String uid) {
    return sources.stream().filter(one -> one.uid().equals(uid)).findFirst().orElseThrow();
  }

  /** Whether the job goes on until it is stopped. */
  boolean endless() {
    return sources.stream().anyMatch(source -> !source.bounded());
  }

  /** Edges that leave a vertex of this list, by any output. */
  List<Edge> edgesFrom(List<String> uids, int parallelism) {
    List<Edge> edges = new ArrayList<>();
    for (Stage stage : stages) {
      for (int input = 0; input < stage.inputs().size(); input++) {
        if (!uids.contains(stage.inputs().get(input).uid())) continue;
        edges.add(
            new Edge(stage.index(), input, stage.partitioning(), stage.single() ? 1 : parallelism));
      }
    }
    return edges;
  }

  private Stage stage(JsonNode json, JsonNode vertices) {
    List<String> operators = new ArrayList<>();
    List<Input> inputs = new ArrayList<>();
    List<Sink> sinks = new ArrayList<>();
    for (JsonNode uid : json.required("operators")) operators.add(uid.asText());
    for (JsonNode input : json.required("inputs")) {
      JsonNode from = input.required("edge").required("from");
      inputs.add(new Input(from.required("uid").asText(), from.required("output").asText()));
    }
    for (JsonNode vertex : vertices) {
      int place = operators.indexOf(vertex.required("uid").asText());
      if (place < 0 || !vertex.required("kind").asText().equals("sink")) continue;
      JsonNode options = vertex.required("options");
      sinks.add(
          new Sink(
              operators.get(place),
              place,
              options.required("connector").asText(),
              options.required("options"),
              options.required("format").required("name").asText()));
    }
    return new Stage(
        stages.size(),
        json.required("id").asText(),
        json.required("partitioning").asText(),
        operators,
        inputs,
        sinks);
  }
}
