package io.millrace.flink;

import static java.nio.charset.StandardCharsets.UTF_8;

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
  private final String uid;
  private final List<Plan.Edge> edges;
  private final int keyGroups;
  private transient Tags tags;
  private transient LedgerCounters counters;

  SplitRouter(String uid, List<Plan.Edge> edges, int keyGroups) {
    this.uid = uid;
    this.edges = new ArrayList<>(edges);
    this.keyGroups = keyGroups;
  }

  @Override
  public void open() throws Exception {
    super.open();
    tags = new Tags(edges, keyGroups, output);
    counters = new LedgerCounters(getRuntimeContext());
  }

  @Override
  public void processElement(StreamRecord<Piece> record) throws Exception {
    Piece piece = record.getValue();
    switch (piece.kind) {
      case Piece.FRAME -> tags.send(piece);
      case Piece.LEDGER ->
          counters.show("source", uid, JobSpec.json(new String(piece.bytes, UTF_8)));
      default -> tags.sendFinal(piece);
    }
  }
}
