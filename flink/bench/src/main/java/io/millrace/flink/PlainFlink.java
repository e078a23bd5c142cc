package io.millrace.flink;

import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * The same operator once more, as a Flink user writes it: after keyBy, on POJOs, with the model in
 * keyed state.
 */
public final class PlainFlink extends KeyedProcessFunction<String, Event, Judged> {
  private static final long serialVersionUID = 1;
  private static final double RATE = 0.05;
  private static final int BIAS = BenchFrames.FEATURES;
  private static final int POSITIVE = BIAS + 1;
  private static final int SEEN = BIAS + 2;
  private static final int LAST = BIAS + 3;
  private final CpuPerRecord cpu;
  private transient ValueState<double[]> models;

  PlainFlink(CpuPerRecord cpu) {
    this.cpu = cpu;
  }

  @Override
  public void open(OpenContext context) {
    models = getRuntimeContext().getState(new ValueStateDescriptor<>("model", double[].class));
    cpu.open();
    cpu.register(getRuntimeContext());
  }

  @Override
  public void processElement(Event event, Context context, Collector<Judged> out) throws Exception {
    cpu.before();
    double[] model = models.value();
    if (model == null) {
      model = new double[LAST + 1];
      model[LAST] = -1;
    }
    boolean label = event.label > 0;
    double score = model[BIAS];
    for (int i = 0; i < BenchFrames.FEATURES; i++) score += model[i] * event.features[i];
    Judged judged = new Judged();
    judged.probability = 1 / (1 + Math.exp(-score));
    judged.label = label;
    judged.weight = 1;
    judged.prior = (model[POSITIVE] + 1) / (model[SEEN] + 2);
    judged.last = (int) model[LAST];
    double step = RATE * (judged.probability - (label ? 1 : 0));
    for (int i = 0; i < BenchFrames.FEATURES; i++) model[i] -= step * event.features[i];
    model[BIAS] -= step;
    model[SEEN]++;
    if (label) model[POSITIVE]++;
    model[LAST] = label ? 1 : 0;
    models.update(model);
    out.collect(judged);
    cpu.after(1);
  }
}
