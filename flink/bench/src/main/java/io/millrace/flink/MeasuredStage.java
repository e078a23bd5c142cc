package io.millrace.flink;

import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/** A stage as it runs in any job, with a clock around it. */
public final class MeasuredStage extends StageOperator {
  private static final long serialVersionUID = 1;
  private final CpuPerRecord cpu;
  private final int recordsPerFrame;

  MeasuredStage(JobSpec spec, Plan plan, Plan.Stage stage, CpuPerRecord cpu, int recordsPerFrame) {
    super(spec, plan, stage);
    this.cpu = cpu;
    this.recordsPerFrame = recordsPerFrame;
  }

  @Override
  public void open() throws Exception {
    super.open();
    cpu.open();
  }

  @Override
  public void processElement(StreamRecord<Piece> record) throws Exception {
    cpu.before();
    super.processElement(record);
    cpu.after(recordsPerFrame);
  }

  @Override
  public void endInput() throws Exception {
    cpu.show(getRuntimeContext());
    super.endInput();
  }
}
