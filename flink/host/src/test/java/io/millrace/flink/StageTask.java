package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.checkpoint.OperatorSubtaskState;
import org.apache.flink.runtime.event.WatermarkEvent;
import org.apache.flink.runtime.operators.testutils.MockEnvironment;
import org.apache.flink.runtime.operators.testutils.MockEnvironmentBuilder;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;
import org.apache.flink.util.InstantiationUtil;
import org.apache.flink.util.OutputTag;

/** One subtask of a stage in Flink's harness; what leaves it is kept in the order of leaving. */
final class StageTask implements AutoCloseable {
  /** One job for all tasks: what a record is quarantined by. */
  static final JobID JOB = new JobID(7, 7);

  final KeyedOneInputStreamOperatorTestHarness<Integer, Piece, Piece> harness;
  private final MockEnvironment environment;
  private List<Event> events = new ArrayList<>();
  private long checkpoint;

  /** How far event time has come behind this task. */
  long reached = Long.MIN_VALUE;

  /** What left: a piece by its side output, or else a watermark. */
  record Event(String tag, Piece piece, long watermark) {
    boolean isWatermark() {
      return piece == null;
    }
  }

  /**
   * @param restored state of all subtasks before, of any parallelism; null where there is none
   */
  StageTask(Fixture fixture, JobSpec spec, Plan.Stage stage, int subtask, Restored restored)
      throws Exception {
    int parallelism = stage.single() ? 1 : spec.parallelism;
    int keyGroups = fixture.plan.keyGroups;
    environment =
        new MockEnvironmentBuilder()
            .setJobID(JOB)
            .setMaxParallelism(keyGroups)
            .setParallelism(parallelism)
            .setSubtaskIndex(subtask)
            .setUserCodeClassLoader(fixture.loader)
            .build();
    // Flink sends operators to its tasks as bytes, so the tests do, too.
    StageOperator operator = InstantiationUtil.clone(new StageOperator(spec, fixture.plan, stage));
    harness =
        new KeyedOneInputStreamOperatorTestHarness<>(operator, piece -> 0, Types.INT, environment);
    harness.setOutputCreator(serializer -> new Recorder());
    harness.setup(PieceType.Serializer.INSTANCE);
    if (restored != null) {
      harness.initializeState(
          KeyedOneInputStreamOperatorTestHarness.repartitionOperatorState(
              restored.state, keyGroups, restored.parallelism, parallelism, subtask));
    }
    harness.open();
  }

  StageTask(Fixture fixture, JobSpec spec, String stage) throws Exception {
    this(fixture, spec, fixture.stage(stage), 0, null);
  }

  /** The state of all subtasks of a stage, and how many there were. */
  record Restored(OperatorSubtaskState state, int parallelism) {}

  void frame(Piece frame) throws Exception {
    harness.processElement(new StreamRecord<>(frame));
  }

  void watermark(long time) throws Exception {
    harness.processWatermark(time);
  }

  void endInput() throws Exception {
    harness.endInput();
  }

  OperatorSubtaskState snapshot() throws Exception {
    checkpoint++;
    harness.prepareSnapshotPreBarrier(checkpoint);
    return harness.snapshot(checkpoint, 0);
  }

  /** The total of an accumulator that the task shows to Flink. */
  long counted(String name) {
    var accumulator = harness.getOperator().getRuntimeContext().getAccumulator(name);
    return (Long) accumulator.getLocalValue();
  }

  /** What has left since the last call. */
  List<Event> taken() {
    List<Event> taken = events;
    events = new ArrayList<>();
    return taken;
  }

  @Override
  public void close() throws Exception {
    harness.close();
    environment.close();
  }

  private final class Recorder implements Output<StreamRecord<Piece>> {
    @Override
    public <X> void collect(OutputTag<X> tag, StreamRecord<X> record) {
      events.add(new Event(tag.getId(), (Piece) record.getValue(), 0));
    }

    @Override
    public void emitWatermark(Watermark mark) {
      reached = mark.getTimestamp();
      events.add(new Event("", null, reached));
    }

    @Override
    public void collect(StreamRecord<Piece> record) {
      throw new AssertionError("a stage has side outputs only");
    }

    @Override
    public void emitWatermarkStatus(WatermarkStatus status) {}

    @Override
    public void emitLatencyMarker(LatencyMarker marker) {}

    @Override
    public void emitRecordAttributes(RecordAttributes attributes) {}

    @Override
    public void emitWatermark(WatermarkEvent event) {}

    @Override
    public void close() {}
  }
}
