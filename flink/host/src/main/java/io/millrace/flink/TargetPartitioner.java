package io.millrace.flink;

import org.apache.flink.runtime.io.network.api.writer.SubtaskStateMapper;
import org.apache.flink.runtime.plugable.SerializationDelegate;
import org.apache.flink.streaming.runtime.partitioner.StreamPartitioner;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Sends a frame to the subtask that it was cut for: the one that works on the key groups of its
 * records, by Flink's own rule. A key's record and its state meet there as after keyBy; only the
 * unit is a frame, not a record.
 */
public final class TargetPartitioner extends StreamPartitioner<Piece> {
  private static final long serialVersionUID = 1;
  private final int parallelism;

  TargetPartitioner(int parallelism) {
    this.parallelism = parallelism;
  }

  @Override
  public int selectChannel(SerializationDelegate<StreamRecord<Piece>> record) {
    if (numberOfChannels != parallelism) {
      throw new MillraceException(
          "ML_PLAN",
          "frames were cut for " + parallelism + " subtasks, there are " + numberOfChannels,
          "the exchange before a stage",
          "Set jobmanager.scheduler: default, so that a job keeps the parallelism it was submitted with");
    }
    return record.getInstance().getValue().target;
  }

  @Override
  public SubtaskStateMapper getDownstreamSubtaskStateMapper() {
    return SubtaskStateMapper.UNSUPPORTED;
  }

  @Override
  public boolean isPointwise() {
    return false;
  }

  @Override
  public StreamPartitioner<Piece> copy() {
    return this;
  }

  @Override
  public String toString() {
    return "KEY GROUP";
  }
}
