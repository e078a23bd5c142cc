package io.millrace.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * All stages of a pipeline at one parallelism, each subtask in Flink's harness, connected as the
 * job connects them. Plans list stages in the order in which records pass them.
 */
final class Flow implements AutoCloseable {
  private final Fixture fixture;
  private final int parallelism;
  private final List<List<StageTask>> tasks = new ArrayList<>();
  private final long[] watermarks;

  /** Rows by sink, a part each, the open one last. */
  private final SortedMap<String, List<String>> parts = new TreeMap<>();

  private final Map<String, ByteArrayOutputStream> open = new HashMap<>();
  private final SortedMap<String, String> state = new TreeMap<>();

  /** A cut through everything: state of each stage, and what the sinks had. */
  record Checkpoint(
      List<StageTask.Restored> stages, Map<String, List<String>> parts, Map<String, byte[]> open) {}

  Flow(Fixture fixture, int parallelism) throws Exception {
    this(fixture, parallelism, null);
  }

  Flow(Fixture fixture, int parallelism, Checkpoint from) throws Exception {
    this.fixture = fixture;
    this.parallelism = parallelism;
    JobSpec spec = fixture.spec(Map.of("parallelism", parallelism));
    for (Plan.Stage stage : fixture.plan.stages) {
      List<StageTask> subtasks = new ArrayList<>();
      tasks.add(subtasks);
      for (int subtask = 0; subtask < (stage.single() ? 1 : parallelism); subtask++) {
        var restored = from == null ? null : from.stages.get(stage.index());
        subtasks.add(new StageTask(fixture, spec, stage, subtask, restored));
      }
      for (Plan.Sink sink : stage.sinks()) {
        parts.put(sink.uid(), new ArrayList<>());
        open.put(sink.uid(), new ByteArrayOutputStream());
      }
    }
    watermarks = new long[tasks.size()];
    if (from == null) return;
    from.parts.forEach((sink, before) -> parts.get(sink).addAll(before));
    for (var sink : from.open.entrySet()) open.get(sink.getKey()).write(sink.getValue());
  }

  /** Records of the source reach the stages, then time goes on in one stage after the other. */
  void round(HandFedSplits.Round round) throws Exception {
    List<Plan.Edge> edges =
        fixture.plan.edgesFrom(List.of(fixture.plan.sources.get(0).uid()), parallelism);
    for (var arrival : round.arrivals()) {
      List<Piece> routed = new ArrayList<>();
      Plan.Edge edge = Frames.edgeOf(arrival.frame(), edges);
      Frames.route(arrival.frame(), edge, fixture.plan.keyGroups, routed::add);
      for (Piece piece : routed) deliver(piece, edge, arrival.split() % parallelism);
    }
    for (int stage = 0; stage < tasks.size(); stage++) {
      long least = round.watermark();
      for (Plan.Input input : fixture.plan.stages.get(stage).inputs()) {
        for (Plan.Stage from : fixture.plan.stages)
          if (from.operators().contains(input.uid()))
            least = Math.min(least, watermarks[from.index()]);
      }
      watermarks[stage] = Long.MAX_VALUE;
      for (int subtask = 0; subtask < tasks.get(stage).size(); subtask++) {
        tasks.get(stage).get(subtask).watermark(least);
        drain(stage, subtask);
        watermarks[stage] = Math.min(watermarks[stage], tasks.get(stage).get(subtask).reached);
      }
    }
  }

  void end() throws Exception {
    for (int stage = 0; stage < tasks.size(); stage++) {
      for (int subtask = 0; subtask < tasks.get(stage).size(); subtask++) {
        tasks.get(stage).get(subtask).endInput();
        drain(stage, subtask);
      }
    }
  }

  Checkpoint snapshot() throws Exception {
    List<StageTask.Restored> stages = new ArrayList<>();
    for (int stage = 0; stage < tasks.size(); stage++) {
      List<OperatorSubtaskState> states = new ArrayList<>();
      for (int subtask = 0; subtask < tasks.get(stage).size(); subtask++) {
        states.add(tasks.get(stage).get(subtask).snapshot());
        drain(stage, subtask);
      }
      OperatorSubtaskState all =
          KeyedOneInputStreamOperatorTestHarness.repackageState(
              states.toArray(new OperatorSubtaskState[0]));
      stages.add(new StageTask.Restored(all, states.size()));
    }
    Map<String, List<String>> rows = new HashMap<>();
    parts.forEach((sink, before) -> rows.put(sink, List.copyOf(before)));
    Map<String, byte[]> bytes = new HashMap<>();
    open.forEach((sink, part) -> bytes.put(sink, part.toByteArray()));
    return new Checkpoint(stages, rows, bytes);
  }

  /** Final state by `uid/key group`, as base64, without that of lanes. */
  SortedMap<String, String> finalState() {
    return state;
  }

  SortedMap<String, List<String>> parts() {
    return parts;
  }

  StageTask task(String stage, int subtask) {
    return tasks.get(fixture.stage(stage).index()).get(subtask);
  }

  @Override
  public void close() throws Exception {
    for (List<StageTask> subtasks : tasks) for (StageTask task : subtasks) task.close();
  }

  private void deliver(Piece piece, Plan.Edge edge, int lane) throws Exception {
    int subtask =
        edge.parallelism() == 1 ? 0 : edge.partitioning().equals("key") ? piece.target : lane;
    tasks.get(edge.stage()).get(subtask).frame(piece);
    drain(edge.stage(), subtask);
  }

  /** Sends on what left a subtask. */
  private void drain(int stage, int subtask) throws Exception {
    Plan.Stage from = fixture.plan.stages.get(stage);
    List<Plan.Edge> edges = fixture.plan.edgesFrom(from.operators(), parallelism);
    for (StageTask.Event event : tasks.get(stage).get(subtask).taken()) {
      if (event.isWatermark()) continue;
      if (event.tag().equals("final")) addFinal(from, event.piece());
      else if (event.tag().startsWith("sink/")) addRows(from.operators(), event.piece());
      else deliver(event.piece(), Frames.edgeOf(event.piece(), edges), subtask);
    }
  }

  private void addRows(List<String> operators, Piece piece) throws IOException {
    String sink = operators.get(piece.stage);
    ByteArrayOutputStream part = open.get(sink);
    if (piece.kind == Piece.APPEND) part.write(piece.bytes);
    else if (part.size() > 0) {
      parts.get(sink).add(part.toString(StandardCharsets.UTF_8));
      part.reset();
    }
  }

  private void addFinal(Plan.Stage stage, Piece entry) throws IOException {
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(entry.bytes));
    if (in.readByte() != 'G' || stage.partitioning().equals("forward")) return;
    String uid = new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    String place = uid + "/" + in.readInt();
    byte[] bytes = in.readNBytes(in.readInt());
    state.put(place, Base64.getEncoder().encodeToString(bytes));
  }
}
