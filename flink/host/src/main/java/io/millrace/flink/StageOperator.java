package io.millrace.flink;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.runtime.state.KeyGroupRange;
import org.apache.flink.runtime.state.KeyGroupRangeAssignment;
import org.apache.flink.runtime.state.KeyGroupStatePartitionStreamProvider;
import org.apache.flink.runtime.state.KeyedStateCheckpointOutputStream;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * Runs one stage of a plan in a guest. Everything that reaches it is a frame for one of the stage's
 * inputs or a watermark; order, keys, timers and state are the guest's affair.
 *
 * <p>Time: watermarks are Flink's own. The stage's is passed on once everything that follows from
 * it has left. State: the guest's bytes of each key group, as raw keyed state, written while the
 * task waits.
 */
public class StageOperator extends AbstractStreamOperator<Piece>
    implements OneInputStreamOperator<Piece, Piece>, BoundedOneInput {
  private static final long serialVersionUID = 1;

  /** Records and timers that a guest processes in one call. */
  private static final int STEPS = 512;

  /**
   * Frames wait in the window until so many bytes stand there, where order does not hang on the
   * hour of arrival.
   */
  private static final int BATCH_BYTES = 1 << 16;

  private static final int TICK_MS = 10;

  private final JobSpec spec;
  private final int stage;
  private final String id;
  private final List<String> operators;
  private final List<Plan.Edge> edges;
  private final int keyGroups;
  private final boolean eventTime;

  /** Whether somebody waits for the rows of a sink: they must not lie until there are many. */
  private final boolean prompt;

  private transient Guest guest;
  private transient Tags tags;
  private transient KeyGroupRange groups;
  private transient ByteBuffer window;
  private transient int waiting;
  private transient long sentWatermark;
  private transient boolean tickSet;
  private transient boolean flushSet;
  private transient LedgerCounters counters;

  /** The plan, kept by the first stage only: what an edited pipeline is compared with. */
  private transient ListState<String> plans;

  public StageOperator(JobSpec spec, Plan plan, Plan.Stage stage) {
    this.spec = spec;
    this.stage = stage.index();
    this.id = stage.id();
    this.operators = new ArrayList<>(stage.operators());
    this.edges = plan.edgesFrom(operators, spec.parallelism);
    this.keyGroups = plan.keyGroups;
    this.eventTime = plan.eventTime;
    this.prompt = stage.sinks().stream().anyMatch(sink -> !sink.connector().equals("file"));
  }

  @Override
  protected boolean isUsingCustomRawKeyedState() {
    return true;
  }

  /** The guest knows keys; Flink's key context is there for the sake of raw keyed state. */
  @Override
  public boolean hasKeyContext1() {
    return false;
  }

  @Override
  public void setKeyContextElement1(StreamRecord record) {}

  @Override
  public void initializeState(StateInitializationContext context) throws Exception {
    super.initializeState(context);
    var task = getRuntimeContext().getTaskInfo();
    groups =
        KeyGroupRangeAssignment.computeKeyGroupRangeForOperatorIndex(
            keyGroups, task.getNumberOfParallelSubtasks(), task.getIndexOfThisSubtask());
    tags = new Tags(edges, keyGroups, output);
    counters = new LedgerCounters(getRuntimeContext());
    sentWatermark = Long.MIN_VALUE;
    String bundle = JobSpec.bundle(getUserCodeClassloader());
    guest =
        new Guest(
            spec, bundle, "openStage", stage, groups.getStartKeyGroup(), quarantine().rejected());
    window = guest.input(0);
    plans =
        context
            .getOperatorStateStore()
            .getUnionListState(new ListStateDescriptor<>("plan", Types.STRING));
    if (context.isRestored()) {
      for (String stored : plans.get()) refuseOtherPlan(stored);
      for (KeyGroupStatePartitionStreamProvider group : context.getRawKeyedStateInputs())
        restore(group);
    }
    plans.clear();
    if (stage == 0 && groups.contains(0)) plans.add(JobSpec.shownPlan(getUserCodeClassloader()));
    count();
  }

  /** Timers that were restored need the clock, even if no record comes any more. */
  @Override
  public void open() throws Exception {
    super.open();
    sent("frames", 0);
  }

  @Override
  public void processElement(StreamRecord<Piece> record) throws Exception {
    Piece piece = record.getValue();
    int size = 8 + piece.bytes.length;
    if (waiting + size > window.capacity()) {
      submit();
      window = guest.input(size);
    }
    window.position(waiting);
    window.putInt(piece.input).putInt(piece.bytes.length).put(piece.bytes);
    waiting += size;
    if (!eventTime || waiting >= BATCH_BYTES) submit();
  }

  @Override
  public void processWatermark(Watermark mark) throws Exception {
    submit();
    long time = mark.getTimestamp();
    double watermark = time == Long.MAX_VALUE ? Guest.END_OF_TIME : (double) time;
    ask(() -> guest.callVoid("advance", watermark));
    ByteBuffer answer;
    do {
      answer = sent("run", STEPS);
    } while ((answer.getInt(0) & Guest.MORE) != 0);
    double reached = answer.getDouble(8);
    // What the end gives out comes before the end of time.
    if (reached >= Guest.END_OF_TIME) sent("end");
    setFlush();
    passOn(reached);
  }

  @Override
  public void endInput() throws Exception {
    sent("flush");
    count();
    guest.callVoid("capture");
    for (int group : groups) {
      int at = group;
      Frames.pieces(
          guest.answer("group", group),
          state -> tags.sendFinal(FinalState.group(operators.get(state.stage), at, state.bytes)));
    }
    guest.callVoid("release");
    if (stage == 0 && groups.contains(0)) {
      tags.sendFinal(FinalState.plan(spec.name, JobSpec.shownPlan(getUserCodeClassloader())));
    }
    JsonNode ledgers = JobSpec.json(guest.callString("ledgers"));
    int subtask = getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    for (String uid : operators)
      tags.sendFinal(FinalState.ledger(uid, subtask, ledgers.get(uid).toString()));
  }

  @Override
  public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
    submit();
    sent("flush");
    count();
  }

  /**
   * For each key group: the number of operators with state in it, then uid, length and bytes of
   * each.
   */
  @Override
  public void snapshotState(StateSnapshotContext context) throws Exception {
    super.snapshotState(context);
    guest.callVoid("capture");
    KeyedStateCheckpointOutputStream out = context.getRawKeyedOperatorStateOutput();
    for (int group : out.getKeyGroupList()) {
      List<Piece> states = new ArrayList<>();
      Frames.pieces(guest.answer("group", group), states::add);
      if (states.isEmpty()) continue;
      out.startNewKeyGroup(group);
      DataOutputStream data = new DataOutputStream(out);
      data.writeInt(states.size());
      for (Piece state : states) {
        data.writeUTF(operators.get(state.stage));
        data.writeInt(state.bytes.length);
        data.write(state.bytes);
      }
      data.flush();
    }
    guest.callVoid("release");
  }

  @Override
  public void close() throws Exception {
    super.close();
    if (guest != null) guest.close();
    guest = null;
  }

  private void refuseOtherPlan(String stored) {
    String differences = guest.callString("differences", stored);
    if (differences.isEmpty()) return;
    throw new MillraceException(
            "ML_OTHER_PLAN",
            "the edited pipeline cannot take over the savepoint: " + differences,
            "pipeline \"" + spec.name + "\"",
            "Keep names, kinds and types of what has state, or start anew")
        .forGood();
  }

  private void restore(KeyGroupStatePartitionStreamProvider group) throws IOException {
    DataInputStream data = new DataInputStream(group.getStream());
    for (int left = data.readInt(); left > 0; left--) {
      String uid = data.readUTF();
      byte[] bytes = new byte[data.readInt()];
      data.readFully(bytes);
      int place = operators.indexOf(uid);
      if (place < 0) continue;
      guest.input(bytes.length).put(bytes);
      guest.callVoid("restore", place, group.getKeyGroupId(), bytes.length);
    }
    window = guest.input(0);
  }

  /** Gives the guest what stands in the window. */
  private void submit() throws Exception {
    if (waiting == 0) return;
    int length = waiting;
    waiting = 0;
    sent("frames", length);
    window = guest.input(0);
    setFlush();
  }

  /** Calls the guest, sends on what it gives out, and returns the answer for its head. */
  private ByteBuffer sent(String function, Object... arguments) throws Exception {
    ByteBuffer[] answer = new ByteBuffer[1];
    ask(() -> answer[0] = guest.answer(function, arguments));
    Frames.pieces(answer[0], tags::send);
    if ((answer[0].getInt(0) & Guest.TICKING) != 0) setTick();
    return answer[0];
  }

  /** The guest's watermark has moved: everything up to it has left. */
  private void passOn(double watermark) {
    long time = watermark >= Guest.END_OF_TIME ? Long.MAX_VALUE : (long) watermark;
    if (watermark < -Guest.END_OF_TIME || time <= sentWatermark) return;
    sentWatermark = time;
    output.emitWatermark(new Watermark(time));
  }

  /** Rows leave after as long as frames may wait for others, however few they are. */
  private void setFlush() {
    if (!prompt || flushSet) return;
    flushSet = true;
    var service = getProcessingTimeService();
    service.registerTimer(
        service.getCurrentProcessingTime() + Math.max(1, spec.flushMs),
        now -> {
          flushSet = false;
          sent("flush");
        });
  }

  private void setTick() {
    if (tickSet) return;
    tickSet = true;
    var service = getProcessingTimeService();
    service.registerTimer(service.getCurrentProcessingTime() + TICK_MS, this::tick);
  }

  private void tick(long now) throws Exception {
    tickSet = false;
    submit();
    while ((sent("tick", (double) now, STEPS).getInt(0) & Guest.MORE) != 0) {}
  }

  /** A script that had to be ended fails the task; what it was at is remembered. */
  private void ask(Runnable call) throws Exception {
    try {
      call.run();
    } catch (Guest.ScriptEnded ended) {
      String record = guest.callString("underWay");
      int kills = quarantine().count(record, ended.reason);
      String next =
          kills < Quarantine.KILLS
              ? "It is tried again from the last checkpoint, and rejected at the third time"
              : "The record is rejected from now on";
      throw new MillraceException(
          ended.code,
          ended.reason + ", time " + kills + " at record " + record,
          "operator \"" + id + "\"",
          next,
          ended.getCause());
    }
  }

  private Quarantine quarantine() {
    return new Quarantine(
        spec.checkpointDir, getRuntimeContext().getJobInfo().getJobId().toHexString(), id);
  }

  private void count() throws IOException {
    JsonNode ledgers = JobSpec.json(guest.callString("ledgers"));
    for (String uid : operators) counters.show("operator", uid, ledgers.get(uid));
  }
}
