package io.millrace.flink;

import java.io.Serializable;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import org.apache.flink.api.common.accumulators.LongCounter;
import org.apache.flink.api.common.functions.RuntimeContext;

/**
 * CPU time of a task's thread per record, once the first part of the records has warmed it up:
 * either within an operator, where others share its thread, or of the whole thread, where it has
 * one for itself.
 */
final class CpuPerRecord implements Serializable {
  private static final long serialVersionUID = 1;
  private static final int LIVE_RECORDS = 100_000;
  private final String name;
  private final long warmRecords;
  private final boolean wholeThread;
  private transient ThreadMXBean threads;
  private transient long started;
  private transient long nanos;
  private transient long records;
  private transient long measured;
  private transient long firstNanos;
  private transient LongCounter live;

  CpuPerRecord(String name, long warmRecords, boolean wholeThread) {
    this.name = name;
    this.warmRecords = warmRecords;
    this.wholeThread = wholeThread;
  }

  void open() {
    threads = ManagementFactory.getThreadMXBean();
  }

  void before() {
    if (!wholeThread || measured == 0) started = threads.getCurrentThreadCpuTime();
    if (measured == 0) firstNanos = started;
  }

  void after(int count) {
    records += count;
    if (records <= warmRecords) return;
    measured += count;
    if (!wholeThread) nanos += threads.getCurrentThreadCpuTime() - started;
    if (live == null || measured % LIVE_RECORDS != 0) return;
    live.resetLocal();
    live.add((threads.getCurrentThreadCpuTime() - firstNanos) * 1000 / measured);
  }

  /**
   * For a function that is not told of the end of its input: the figure so far, again and again.
   */
  void register(RuntimeContext context) {
    live = new LongCounter();
    context.addAccumulator(name, live);
  }

  void show(RuntimeContext context) {
    if (wholeThread) nanos = threads.getCurrentThreadCpuTime() - firstNanos;
    LongCounter picos = new LongCounter();
    picos.add(nanos * 1000 / Math.max(1, measured));
    context.addAccumulator(name, picos);
  }
}
