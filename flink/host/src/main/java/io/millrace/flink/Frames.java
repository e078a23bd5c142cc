package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.Consumer;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;

/**
 * Routes frames to subtasks. A frame is a version byte, u32 length of a table, the table, then
 * records: u32 length of what follows it, i32 hash of the key, the rest. The hash is all that is
 * read here; it is what Flink would call the key. Any part of a frame needs the whole table.
 */
final class Frames {
  private static final int HEAD_BYTES = 8;

  /** Version and length of the table. */
  private static final int FRAME_HEAD_BYTES = 5;

  private Frames() {}

  /** Calls `take` with the frame, cut up by the subtask that works on each record's key group. */
  static void route(Piece piece, Plan.Edge edge, int keyGroups, Consumer<Piece> take) {
    if (!edge.partitioning().equals("key")) take.accept(piece);
    else if (edge.parallelism() == 1) take.accept(piece.to(0, piece.bytes));
    else split(piece, edge.parallelism(), keyGroups, take);
  }

  private static void split(Piece piece, int parallelism, int keyGroups, Consumer<Piece> take) {
    byte[] frame = piece.bytes;
    ByteBuffer view = ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN);
    int head = FRAME_HEAD_BYTES + view.getInt(1);
    int[] lengths = new int[parallelism];
    for (int at = head; at < frame.length; at += view.getInt(at) + 4)
      lengths[target(view.getInt(at + 4), parallelism, keyGroups)] += view.getInt(at) + 4;
    byte[][] parts = new byte[parallelism][];
    int[] ends = new int[parallelism];
    for (int at = head; at < frame.length; ) {
      int size = view.getInt(at) + 4;
      int target = target(view.getInt(at + 4), parallelism, keyGroups);
      if (parts[target] == null) {
        parts[target] = new byte[head + lengths[target]];
        System.arraycopy(frame, 0, parts[target], 0, head);
        ends[target] = head;
      }
      System.arraycopy(frame, at, parts[target], ends[target], size);
      ends[target] += size;
      at += size;
    }
    for (int target = 0; target < parallelism; target++)
      if (parts[target] != null) take.accept(piece.to(target, parts[target]));
  }

  private static int target(int hash, int parallelism, int keyGroups) {
    int group = KeyGroupRangeAssignment.computeKeyGroupForKeyHash(hash, keyGroups);
    return KeyGroupRangeAssignment.computeOperatorIndexForKeyGroup(keyGroups, parallelism, group);
  }

  /** The pieces of an answer of the guest, which begins with a head of 16 bytes. */
  static void pieces(ByteBuffer answer, Consumer<Piece> take) {
    answer.position(2 * HEAD_BYTES);
    while (answer.hasRemaining()) {
      byte kind = answer.get();
      int stage = answer.getShort() & 0xffff;
      int input = kind == Piece.FRAME ? answer.getShort() & 0xffff : 0;
      byte[] bytes = new byte[answer.getInt()];
      answer.get(bytes);
      take.accept(new Piece(kind, stage, input, -1, bytes));
    }
  }

  /** The edge that a frame leaves by. */
  static Plan.Edge edgeOf(Piece frame, List<Plan.Edge> edges) {
    for (Plan.Edge edge : edges)
      if (edge.stage() == frame.stage && edge.input() == frame.input) return edge;
    throw new IllegalStateException(
        "a frame left for stage "
            + frame.stage
            + ", input "
            + frame.input
            + ", which is not connected");
  }
}
