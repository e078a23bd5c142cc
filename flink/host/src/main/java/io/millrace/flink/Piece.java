package io.millrace.flink;

/**
 * What travels between the tasks of a job: a frame of records on its way to one input of one stage,
 * or what a sink is to do. The records of a frame are bytes that only the guest reads.
 *
 * <p>Pieces are made once and never changed, so tasks that are chained hand them on as they are.
 */
public final class Piece {
  /** Records for one input of one stage. */
  public static final byte FRAME = 0;

  /** Rows that a sink appends to its open part. */
  public static final byte APPEND = 1;

  /** The end of a sink's part. */
  public static final byte ROLL = 2;

  /** State of an operator; never leaves the task that asked for it. */
  public static final byte STATE = 3;

  /** Counts of a source, for who follows it in its chain. */
  public static final byte LEDGER = 4;

  public final byte kind;

  /** Stage that a frame is for; of other pieces the operator, by its place in its stage. */
  public final int stage;

  public final int input;

  /** Subtask that must get it; -1 where any may. */
  public final int target;

  public final byte[] bytes;

  public Piece(byte kind, int stage, int input, int target, byte[] bytes) {
    this.kind = kind;
    this.stage = stage;
    this.input = input;
    this.target = target;
    this.bytes = bytes;
  }

  public static Piece append(byte[] bytes) {
    return new Piece(APPEND, 0, 0, 0, bytes);
  }

  Piece to(int subtask, byte[] frame) {
    return new Piece(kind, stage, input, subtask, frame);
  }
}
