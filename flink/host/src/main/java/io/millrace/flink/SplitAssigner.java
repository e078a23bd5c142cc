package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;

/**
 * Gives each reader its share of the splits as soon as it is there, in turn by their place among
 * all that are known. All are given out at once: a split that nobody reads would hold no watermark
 * back.
 */
class SplitAssigner implements SplitEnumerator<Split, SplitRegister> {
  final SplitEnumeratorContext<Split> context;

  /** Whether splits may be found later: readers are then told that they have all for now. */
  private final boolean moreToCome;

  private final List<String> known;

  /** Splits that no reader has. */
  private final List<Split> waiting;

  SplitAssigner(SplitEnumeratorContext<Split> context, SplitRegister register, boolean moreToCome) {
    this.context = context;
    this.known = new ArrayList<>(register.known());
    this.waiting = new ArrayList<>(register.waiting());
    this.moreToCome = moreToCome;
  }

  /** Tells a reader that it has all splits that there are now; more may be found. */
  record AllForNow() implements SourceEvent {
    private static final long serialVersionUID = 1;
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
      if (known.indexOf(split.id()) % context.currentParallelism() != subtask) continue;
      waiting.remove(split);
      context.assignSplit(split, subtask);
    }
    if (moreToCome) context.sendEventToSourceReader(subtask, new AllForNow());
    else context.signalNoMoreSplits(subtask);
  }

  List<String> known() {
    return known;
  }

  /** Takes splits over that were not known, and gives them to the readers that are there. */
  void found(List<Split> splits) {
    for (Split split : splits) {
      known.add(split.id());
      waiting.add(split);
    }
    for (int subtask : context.registeredReaders().keySet()) addReader(subtask);
  }

  @Override
  public SplitRegister snapshotState(long checkpoint) {
    return new SplitRegister(List.copyOf(waiting), List.copyOf(known));
  }

  @Override
  public void close() throws java.io.IOException {}
}
