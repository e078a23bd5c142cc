package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Follows a source in its chain: sends each frame to the stage that it is for. A source of Flink's
 * has one output only.
 */
public final class SplitRouter extends AbstractStreamOperator<Piece>
    implements OneInputStreamOperator<Piece, Piece> {
  private static final long serialVersionUID = 1;
  private final List<Plan.Edge> edges;
  private final int keyGroups;
  private transient Tags tags;

  SplitRouter(List<Plan.Edge> edges, int keyGroups) {
    this.edges = new ArrayList<>(edges);
    this.keyGroups = keyGroups;
  }

  @Override
  public void open() throws Exception {
    super.open();
    tags = new Tags(edges, keyGroups, output);
  }

  @Override
  public void processElement(StreamRecord<Piece> record) {
    Piece piece = record.getValue();
    if (piece.kind == Piece.FRAME) tags.send(piece);
    else tags.sendFinal(piece);
  }
}
