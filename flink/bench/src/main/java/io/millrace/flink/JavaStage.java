package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.util.OutputTag;

/**
 * The same operator in plain Java, as one would write it by hand: reads the frames, finds the model
 * of the record's key, tests it and then trains it by a step of SGD, keeps the prior and the last
 * label of the key, counts, and gives out a frame of what was judged.
 */
public final class JavaStage extends AbstractStreamOperator<Piece>
    implements OneInputStreamOperator<Piece, Piece>, BoundedOneInput {
  private static final long serialVersionUID = 1;
  private static final double RATE = 0.05;
  private final OutputTag<Piece> tag;
  private final CpuPerRecord cpu;
  private transient Map<String, Model> models;
  private transient ByteBuffer out;
  private transient StreamRecord<Piece> element;
  private transient long learned;

  JavaStage(OutputTag<Piece> tag, CpuPerRecord cpu) {
    this.tag = tag;
    this.cpu = cpu;
  }

  private static final class Model {
    final double[] weights = new double[BenchFrames.FEATURES + 1];
    double positive;
    double seen;
    int last = -1;
  }

  @Override
  public void open() throws Exception {
    super.open();
    models = new HashMap<>();
    out = ByteBuffer.allocate(1 << 20).order(ByteOrder.LITTLE_ENDIAN);
    element = new StreamRecord<>(null);
    cpu.open();
  }

  @Override
  public void processElement(StreamRecord<Piece> record) {
    cpu.before();
    ByteBuffer frame = ByteBuffer.wrap(record.getValue().bytes).order(ByteOrder.LITTLE_ENDIAN);
    int table = frame.getInt(1);
    frame.position(5 + table);
    begin(frame, table);
    int count = 0;
    for (; frame.hasRemaining(); count++) learn(frame);
    byte[] bytes = new byte[out.position()];
    out.flip();
    out.get(bytes);
    output.collect(tag, element.replace(new Piece(Piece.FRAME, 0, 0, -1, bytes)));
    cpu.after(count);
  }

  private void learn(ByteBuffer frame) {
    frame.getInt();
    int hash = frame.getInt();
    double time = frame.getDouble();
    double position = frame.getDouble();
    int place = (int) varint(frame);
    if (varint(frame) == 0) varint(frame);
    byte[] key = new byte[(int) varint(frame)];
    frame.get(key);
    Model model =
        models.computeIfAbsent(new String(key, StandardCharsets.UTF_8), any -> new Model());
    boolean label = frame.getDouble() > 0;
    int inputs = frame.position();
    frame.position(inputs + 8 * BenchFrames.FEATURES);
    double[] weights = model.weights;
    double score = weights[BenchFrames.FEATURES];
    for (int i = 0; i < BenchFrames.FEATURES; i++) {
      double input = frame.getDouble(inputs + 8 * i);
      if (!(Math.abs(input) <= 1e15)) throw new IllegalArgumentException("not finite");
      score += weights[i] * input;
    }
    double probability = 1 / (1 + Math.exp(-score));
    double prior = (model.positive + 1) / (model.seen + 2);
    judged(hash, place, time, position, probability, label, prior, model.last);
    double step = RATE * (probability - (label ? 1 : 0));
    for (int i = 0; i < BenchFrames.FEATURES; i++)
      weights[i] -= step * frame.getDouble(inputs + 8 * i);
    weights[BenchFrames.FEATURES] -= step;
    model.seen++;
    if (label) model.positive++;
    model.last = label ? 1 : 0;
    learned++;
  }

  /** The places of the frame that came in; rows have no shapes. */
  private void begin(ByteBuffer frame, int table) {
    out.clear();
    out.put((byte) 3).putInt(0);
    out.put(frame.array(), 5, table);
    out.putInt(1, out.position() - 5);
  }

  private void judged(
      int hash,
      int place,
      double time,
      double position,
      double probability,
      boolean label,
      double prior,
      int last) {
    int start = out.position();
    out.putInt(0).putInt(hash);
    out.putDouble(time).putDouble(position);
    varint(place);
    out.put((byte) 0).put((byte) 1);
    out.put((byte) (last < 0 ? 1 : 0));
    out.putDouble(probability).put((byte) (label ? 1 : 0)).putDouble(1).putDouble(prior);
    if (last >= 0) out.put((byte) last);
    out.putInt(start, out.position() - start - 4);
  }

  private void varint(long value) {
    for (; value > 127; value >>>= 7) out.put((byte) (value & 127 | 128));
    out.put((byte) value);
  }

  private static long varint(ByteBuffer frame) {
    long value = 0;
    for (int shift = 0; ; shift += 7) {
      byte next = frame.get();
      value |= (long) (next & 127) << shift;
      if (next >= 0) return value;
    }
  }

  @Override
  public void endInput() {
    if (models.isEmpty() || learned == 0) throw new IllegalStateException("nothing was learned");
    cpu.show(getRuntimeContext());
  }
}
