package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.api.common.functions.FlatMapFunction;
import org.apache.flink.util.Collector;

/** Takes the rows of a sink apart, which travel many at a time: each is a message frame. */
final class RowSplitter implements FlatMapFunction<Piece, byte[]> {
  private static final long serialVersionUID = 1;
  private static final int LENGTH_BYTES = 4;

  @Override
  public void flatMap(Piece piece, Collector<byte[]> rows) {
    if (piece.kind != Piece.APPEND) return;
    ByteBuffer view = ByteBuffer.wrap(piece.bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at < piece.bytes.length; ) {
      int end = at + LENGTH_BYTES + view.getInt(at);
      rows.collect(Arrays.copyOfRange(piece.bytes, at, end));
      at = end;
    }
  }
}
