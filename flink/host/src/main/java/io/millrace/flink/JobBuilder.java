package io.millrace.flink;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.PrimitiveArrayTypeInfo;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.core.fs.Path;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.transformations.OneInputTransformation;
import org.apache.flink.streaming.api.transformations.PartitionTransformation;
import org.apache.flink.streaming.api.transformations.SideOutputTransformation;
import org.apache.flink.streaming.api.transformations.UnionTransformation;
import org.apache.flink.streaming.runtime.partitioner.ForwardPartitioner;
import org.apache.flink.streaming.runtime.partitioner.RescalePartitioner;
import org.apache.flink.util.OutputTag;

/**
 * Makes a Flink job of a plan: a source and a router for each source, one generic operator for each
 * stage, a sink for each sink and one for the final state. Edges are side outputs; a stage's inputs
 * are one union of tagged frames.
 */
final class JobBuilder {
  /** How often Flink tells sources how far they may go. */
  private static final Duration ALIGN_EVERY = Duration.ofMillis(20);

  private final StreamExecutionEnvironment env;
  private final JobSpec spec;
  private final Plan plan;

  /** What has outputs: routers and stages by the uids that they hold. */
  private final Map<String, Transformation<Piece>> upstream = new HashMap<>();

  private final List<Transformation<Piece>> finals = new ArrayList<>();

  JobBuilder(StreamExecutionEnvironment env, JobSpec spec, Plan plan) {
    this.env = env;
    this.spec = spec;
    this.plan = plan;
  }

  void build() {
    for (Plan.Source source : plan.sources) addSource(source);
    for (Plan.Stage stage : plan.stages) addStage(stage);
    Transformation<Piece> all =
        finals.size() == 1 ? finals.get(0) : new UnionTransformation<>(finals);
    addSink(all, "final state", new PartsSink(new Path(spec.finalState), "state", "final state"));
  }

  private void addSource(Plan.Source source) {
    int parallelism = sourceParallelism(source);
    WatermarkStrategy<Piece> strategy = WatermarkStrategy.noWatermarks();
    if (plan.eventTime) {
      // What runs ahead waits in the stages' memory.
      strategy =
          strategy.withWatermarkAlignment(
              spec.name, Duration.ofMillis(spec.maxDriftMs), ALIGN_EVERY);
    }
    DataStream<Piece> read =
        env.fromSource(new FrameSource(spec, source), strategy, source.uid(), PieceType.INSTANCE)
            .uid("source " + source.uid())
            .setParallelism(parallelism);
    var router =
        new SplitRouter(
            source.uid(), plan.edgesFrom(List.of(source.uid()), spec.parallelism), plan.keyGroups);
    add(
        read.getTransformation(),
        "route " + source.uid(),
        router,
        parallelism,
        List.of(source.uid()));
  }

  private void addStage(Plan.Stage stage) {
    int parallelism = stage.single() ? 1 : spec.parallelism;
    List<Transformation<Piece>> inputs = new ArrayList<>();
    for (int input = 0; input < stage.inputs().size(); input++) {
      Transformation<Piece> from = upstream.get(stage.inputs().get(input).uid());
      Plan.Edge edge = new Plan.Edge(stage.index(), input, stage.partitioning(), parallelism);
      inputs.add(partitioned(side(from, Tags.edge(edge)), edge));
    }
    Transformation<Piece> input =
        inputs.size() == 1 ? inputs.get(0) : new UnionTransformation<>(inputs);
    var operator = new StageOperator(spec, plan, stage);
    var added = add(input, "stage " + stage.id(), operator, parallelism, stage.operators());
    // What gives the task its share of the key groups. The keys themselves are the guest's.
    added.setStateKeySelector(piece -> 0);
    added.setStateKeyType(Types.INT);
    for (Plan.Sink sink : stage.sinks()) addSink(side(added, Tags.sink(sink.operator())), sink);
  }

  /** A subtask without a split would cost a V8 for nothing. How many topics have is not known. */
  private int sourceParallelism(Plan.Source source) {
    if (source.connector().equals("kafka")) return spec.parallelism;
    return Math.max(1, Math.min(spec.parallelism, SplitBytes.splits(source).size()));
  }

  private void addSink(Transformation<Piece> rows, Plan.Sink sink) {
    String name = "sink " + sink.uid();
    if (sink.connector().equals("kafka")) {
      DataStream<byte[]> messages =
          new DataStream<>(env, rows)
              .flatMap(new RowSplitter())
              .returns(PrimitiveArrayTypeInfo.BYTE_PRIMITIVE_ARRAY_TYPE_INFO)
              .name("rows " + sink.uid())
              .uid("rows " + sink.uid())
              .setParallelism(1)
              .setMaxParallelism(1);
      one(messages.sinkTo(KafkaSinks.of(spec, sink)), name);
      return;
    }
    if (sink.connector().equals("tcp")) {
      TcpAddress address = TcpAddress.of(sink.options(), "sink \"" + sink.uid() + "\"");
      one(new DataStream<>(env, rows).sinkTo(new TcpSink(address)), name);
      return;
    }
    Path folder = spec.resolve(sink.options().required("folder").asText());
    addSink(rows, name, new PartsSink(folder, sink.format(), sink.uid()));
  }

  private OneInputTransformation<Piece, Piece> add(
      Transformation<Piece> input,
      String name,
      OneInputStreamOperator<Piece, Piece> operator,
      int parallelism,
      List<String> uids) {
    var added =
        new OneInputTransformation<>(input, name, operator, PieceType.INSTANCE, parallelism);
    added.setUid(name);
    added.setMaxParallelism(plan.keyGroups);
    added.setChainingStrategy(ChainingStrategy.ALWAYS);
    env.addOperator(added);
    for (String uid : uids) upstream.put(uid, added);
    finals.add(side(added, Tags.FINAL));
    return added;
  }

  private void addSink(Transformation<Piece> rows, String name, PartsSink sink) {
    one(new DataStream<>(env, rows).sinkTo(sink), name);
  }

  /** A sink is one subtask: what it writes is then the same at any parallelism. */
  private static void one(DataStreamSink<?> sink, String name) {
    sink.name(name).uid(name).setParallelism(1).setMaxParallelism(1);
  }

  private static Transformation<Piece> side(Transformation<Piece> from, OutputTag<Piece> tag) {
    return new SideOutputTransformation<>(from, tag);
  }

  private static Transformation<Piece> partitioned(Transformation<Piece> from, Plan.Edge edge) {
    if (edge.partitioning().equals("key")) {
      return new PartitionTransformation<>(from, new TargetPartitioner(edge.parallelism()));
    }
    boolean sameLanes = from.getParallelism() == edge.parallelism();
    return new PartitionTransformation<>(
        from, sameLanes ? new ForwardPartitioner<>() : new RescalePartitioner<>());
  }
}
