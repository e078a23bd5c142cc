package io.millrace.flink;

import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.transformations.OneInputTransformation;
import org.apache.flink.streaming.api.transformations.PartitionTransformation;
import org.apache.flink.streaming.api.transformations.SideOutputTransformation;
import org.apache.flink.util.OutputTag;

/**
 * Jobs of the bench: {@code chained RECORDS}, {@code exchanged RECORDS} (the stage in V8 and the
 * same operator in Java, fed with the same frames), {@code plain RECORDS} (the same as a Flink user
 * writes it, on POJOs), {@code latency SECONDS} (10,000 records a second through an exchange).
 */
public final class StageBench {
  private static final int KEYS = 1000;
  private static final int BATCH = 256;
  private static final int LATENCY_BATCH = 10;
  private static final int BATCHES_PER_SECOND = 1000;

  private StageBench() {}

  public static void main(String[] args) throws Exception {
    ClassLoader loader = Thread.currentThread().getContextClassLoader();
    JobSpec spec = JobSpec.load(loader);
    Plan plan = JobSpec.plan(loader);
    StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment();
    env.setParallelism(1);
    env.setMaxParallelism(plan.keyGroups);
    env.getConfig().enableObjectReuse();
    env.setBufferTimeout(spec.flushMs);
    long amount = Long.parseLong(args[1]);
    Plan.Stage stage =
        plan.stages.stream()
            .filter(one -> one.operators().contains("model"))
            .findFirst()
            .orElseThrow();
    OutputTag<Piece> judged = Tags.edge(plan.edgesFrom(stage.operators(), 1).get(0));
    if (args[0].equals("latency")) {
      Transformation<Piece> frames = frames(env, amount * BATCHES_PER_SECOND, LATENCY_BATCH, true);
      var operator = new StageOperator(spec, plan, stage);
      Transformation<Piece> scored = operator(env, exchanged(frames), "stage", operator);
      discard(
          env,
          operator(
              env, new SideOutputTransformation<>(scored, judged), "latency", new LatencySink()));
    } else if (args[0].equals("plain")) {
      long warm = amount / 3;
      env.fromSequence(1, amount)
          .map(new EventGenerator())
          .keyBy(event -> event.key)
          .process(new PlainFlink(new CpuPerRecord("plain", warm, true)))
          .sinkTo(new DiscardingSink<>());
    } else {
      boolean exchange = args[0].equals("exchanged");
      Transformation<Piece> frames = frames(env, amount / BATCH, BATCH, false);
      long warm = amount / 3;
      var inV8 =
          new MeasuredStage(spec, plan, stage, new CpuPerRecord("v8", warm, exchange), BATCH);
      var inJava = new JavaStage(judged, new CpuPerRecord("java", warm, exchange));
      consume(
          env, operator(env, exchange ? exchanged(frames) : frames, "stage in V8", inV8), judged);
      consume(
          env,
          operator(env, exchange ? exchanged(frames) : frames, "stage in Java", inJava),
          judged);
    }
    env.execute("bench " + args[0]);
  }

  private static Transformation<Piece> frames(
      StreamExecutionEnvironment env, long batches, int batch, boolean paced) {
    return env.fromSequence(1, batches)
        .map(new Generator(batch, paced))
        .returns(PieceType.INSTANCE)
        .getTransformation();
  }

  private static Transformation<Piece> exchanged(Transformation<Piece> frames) {
    return new PartitionTransformation<>(frames, new TargetPartitioner(1));
  }

  private static Transformation<Piece> operator(
      StreamExecutionEnvironment env,
      Transformation<Piece> input,
      String name,
      OneInputStreamOperator<Piece, Piece> operator) {
    var added = new OneInputTransformation<>(input, name, operator, PieceType.INSTANCE, 1);
    added.setStateKeySelector(piece -> 0);
    added.setStateKeyType(Types.INT);
    env.addOperator(added);
    return added;
  }

  /** What is judged has a taker, so that it is really given out. */
  private static void consume(
      StreamExecutionEnvironment env, Transformation<Piece> stage, OutputTag<Piece> judged) {
    discard(env, new SideOutputTransformation<>(stage, judged));
  }

  private static void discard(StreamExecutionEnvironment env, Transformation<Piece> pieces) {
    new DataStream<>(env, pieces).sinkTo(new DiscardingSink<>());
  }

  /** Makes an event for each number that comes. */
  private static final class EventGenerator extends RichMapFunction<Long, Event> {
    private static final long serialVersionUID = 1;
    private transient SplittableRandom random;
    private transient String[] keys;
    private transient Event event;

    @Override
    public void open(OpenContext context) {
      random = new SplittableRandom(7);
      keys =
          IntStream.range(0, KEYS)
              .mapToObj(i -> String.format("user-%06d", i))
              .toArray(String[]::new);
      event = new Event();
      event.features = new double[BenchFrames.FEATURES];
    }

    @Override
    public Event map(Long number) {
      event.key = keys[random.nextInt(KEYS)];
      for (int i = 0; i < BenchFrames.FEATURES; i++) event.features[i] = random.nextDouble() - 0.5;
      event.label = event.features[0] > 0 ? 1 : 0;
      return event;
    }
  }

  /** Makes a frame for each number that comes, as fast as it can or one each millisecond. */
  private static final class Generator extends RichMapFunction<Long, Piece> {
    private static final long serialVersionUID = 1;
    private final int batch;
    private final boolean paced;
    private transient BenchFrames frames;
    private transient long due;

    Generator(int batch, boolean paced) {
      this.batch = batch;
      this.paced = paced;
    }

    @Override
    public void open(OpenContext context) {
      frames = new BenchFrames(KEYS);
      due = System.nanoTime();
    }

    @Override
    public Piece map(Long number) {
      if (paced) {
        due += 1_000_000_000L / BATCHES_PER_SECOND;
        for (long wait = due - System.nanoTime(); wait > 0; wait = due - System.nanoTime())
          LockSupport.parkNanos(wait);
      }
      return new Piece(Piece.FRAME, 0, 0, 0, frames.next(batch, System.nanoTime() / 1000));
    }
  }
}
