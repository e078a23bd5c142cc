package io.millrace.flink;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * The side outputs of a task: one for each edge that leaves it, one for each sink, one for the
 * final state.
 */
final class Tags {
  static final OutputTag<Piece> FINAL = tag("final");

  private final List<Plan.Edge> edges;
  private final Map<String, OutputTag<Piece>> tags = new HashMap<>();
  private final Output<StreamRecord<Piece>> output;
  private final int keyGroups;

  /** One for all: nobody keeps it beyond the call. */
  private final StreamRecord<Piece> element = new StreamRecord<>(null);

  Tags(List<Plan.Edge> edges, int keyGroups, Output<StreamRecord<Piece>> output) {
    this.edges = edges;
    this.keyGroups = keyGroups;
    this.output = output;
    for (Plan.Edge edge : edges) tags.put(edge.tag(), tag(edge.tag()));
  }

  static OutputTag<Piece> edge(Plan.Edge edge) {
    return tag(edge.tag());
  }

  static OutputTag<Piece> sink(int operator) {
    return tag("sink/" + operator);
  }

  /** Sends a frame to whoever works on its records, and rows to their sink. */
  void send(Piece piece) {
    if (piece.kind == Piece.FRAME) {
      Plan.Edge edge = Frames.edgeOf(piece, edges);
      OutputTag<Piece> tag = tags.get(edge.tag());
      Consumer<Piece> collect = part -> output.collect(tag, element.replace(part));
      Frames.route(piece, edge, keyGroups, collect);
    } else {
      output.collect(
          tags.computeIfAbsent("sink/" + piece.stage, Tags::tag), element.replace(piece));
    }
  }

  void sendFinal(Piece entry) {
    output.collect(FINAL, element.replace(entry));
  }

  private static OutputTag<Piece> tag(String id) {
    return new OutputTag<>(id, PieceType.INSTANCE);
  }
}
