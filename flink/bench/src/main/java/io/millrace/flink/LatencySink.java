package io.millrace.flink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;

/**
 * How long records took from their making to here, by the position that they bear; the first
 * quarter does not count.
 */
public final class LatencySink extends AbstractStreamOperator<Piece>
    implements OneInputStreamOperator<Piece, Piece>, BoundedOneInput {
  private static final long serialVersionUID = 1;
  private transient long[] micros;
  private transient int count;

  @Override
  public void open() throws Exception {
    super.open();
    micros = new long[1 << 20];
  }

  @Override
  public void processElement(StreamRecord<Piece> record) {
    long now = System.nanoTime() / 1000;
    ByteBuffer frame = ByteBuffer.wrap(record.getValue().bytes).order(ByteOrder.LITTLE_ENDIAN);
    int at = 5 + frame.getInt(1);
    while (at < frame.capacity()) {
      int size = frame.getInt(at) + 4;
      // length, hash, time
      long made = (long) frame.getDouble(at + 4 + 4 + 8);
      if (count < micros.length) micros[count++] = now - made;
      at += size;
    }
  }

  @Override
  public void endInput() {
    long[] sorted = Arrays.copyOfRange(micros, count / 4, count);
    Arrays.sort(sorted);
    show("records", count);
    show("p50us", sorted[sorted.length / 2]);
    show("p99us", sorted[(int) (sorted.length * 0.99)]);
    show("p999us", sorted[(int) (sorted.length * 0.999)]);
    show("maxus", sorted[sorted.length - 1]);
  }

  private void show(String name, long value) {
    LongCounter counter = new LongCounter();
    counter.add(value);
    getRuntimeContext().addAccumulator(name, counter);
  }
}
