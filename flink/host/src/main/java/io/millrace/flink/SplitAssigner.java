package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/**
 * Gives each reader its share of the splits as soon as it is there, in turn by their place in the
 * declaration. All are given out at once: a split that nobody reads would hold no watermark back.
 */
final class SplitAssigner implements SplitEnumerator<Split, List<Split>> {
  private final SplitEnumeratorContext<Split> context;
  private final List<String> declared;

  /** Splits that no reader has. */
  private final List<Split> waiting;

  SplitAssigner(SplitEnumeratorContext<Split> context, List<String> declared, List<Split> waiting) {
    this.context = context;
    this.declared = declared;
    this.waiting = new ArrayList<>(waiting);
  }

  @Override
  public void start() {}

  @Override
  public void handleSplitRequest(int subtask, String host) {}

  @Override
  public void addSplitsBack(List<Split> splits, int subtask) {
    waiting.addAll(splits);
  }

  @Override
  public void addReader(int subtask) {
    for (Split split : List.copyOf(waiting)) {
      if (declared.indexOf(split.id()) % context.currentParallelism() != subtask) continue;
      waiting.remove(split);
      context.assignSplit(split, subtask);
    }
    context.signalNoMoreSplits(subtask);
  }

  @Override
  public List<Split> snapshotState(long checkpoint) {
    return List.copyOf(waiting);
  }

  @Override
  public void close() {}
}
