package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.BiConsumer;
import org.apache.flink.api.connector.source.ReaderInfo;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.connector.source.SplitsAssignment;
import org.apache.flink.metrics.groups.SplitEnumeratorMetricGroup;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

@DisplayName("The splits of a source")
class SplitAssignerTest {
  private final List<String> declared = List.of("a", "b", "c", "d", "e");

  @Test
  @DisplayName("are given out in turn, to each reader as soon as it is there, and no more come")
  void inTurn() {
    Readers readers = new Readers(2);
    var assigner = new SplitAssigner(readers, declared, begun());
    assigner.addReader(1);
    assertEquals(List.of("1 gets b", "1 gets d", "1 has all"), readers.told());
    assertEquals(List.of("a", "c", "e"), waiting(assigner));
    assigner.addReader(0);
    assertEquals(List.of("0 gets a", "0 gets c", "0 gets e", "0 has all"), readers.told());
    assertEquals(List.of(), waiting(assigner));
  }

  @Test
  @DisplayName("leave readers without any, where there are fewer, that are told so")
  void moreReaders() {
    Readers readers = new Readers(7);
    new SplitAssigner(readers, declared, begun()).addReader(6);
    assertEquals(List.of("6 has all"), readers.told());
  }

  @Test
  @DisplayName("come back from a reader that failed and go to it again, as far as they were")
  void backAgain() {
    Readers readers = new Readers(2);
    var assigner = new SplitAssigner(readers, declared, begun());
    assigner.addReader(0);
    assigner.addReader(1);
    readers.told();
    assigner.addSplitsBack(List.of(new Split("d", "state of d"), new Split("b", "")), 1);
    assertEquals(List.of("d", "b"), waiting(assigner));
    assigner.addReader(1);
    assertEquals(List.of("1 gets d at state of d", "1 gets b", "1 has all"), readers.told());
  }

  @Test
  @DisplayName("that readers had at the checkpoint are theirs; only the others are given out")
  void restored() {
    Readers readers = new Readers(3);
    var assigner = new SplitAssigner(readers, declared, List.of(new Split("e", "")));
    for (int reader = 0; reader < 3; reader++) assigner.addReader(reader);
    assertEquals(List.of("0 has all", "1 gets e", "1 has all", "2 has all"), readers.told());
  }

  private List<Split> begun() {
    return declared.stream().map(id -> new Split(id, "")).toList();
  }

  private static List<String> waiting(SplitAssigner assigner) {
    return assigner.snapshotState(1).stream().map(Split::id).toList();
  }

  /** What the readers are told, in sentences. */
  private static final class Readers implements SplitEnumeratorContext<Split> {
    private final int parallelism;
    private List<String> told = new ArrayList<>();

    Readers(int parallelism) {
      this.parallelism = parallelism;
    }

    List<String> told() {
      List<String> all = told;
      told = new ArrayList<>();
      return all;
    }

    @Override
    public int currentParallelism() {
      return parallelism;
    }

    @Override
    public void assignSplits(SplitsAssignment<Split> assignment) {
      assignment
          .assignment()
          .forEach(
              (reader, splits) -> {
                for (Split split : splits)
                  told.add(
                      reader
                          + " gets "
                          + split.id()
                          + (split.state().isEmpty() ? "" : " at " + split.state()));
              });
    }

    @Override
    public void signalNoMoreSplits(int reader) {
      told.add(reader + " has all");
    }

    @Override
    public SplitEnumeratorMetricGroup metricGroup() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void sendEventToSourceReader(int reader, SourceEvent event) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Map<Integer, ReaderInfo> registeredReaders() {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> void callAsync(Callable<T> call, BiConsumer<T, Throwable> handler) {
      throw new UnsupportedOperationException();
    }

    @Override
    public <T> void callAsync(
        Callable<T> call, BiConsumer<T, Throwable> handler, long delay, long period) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void runInCoordinatorThread(Runnable action) {
      throw new UnsupportedOperationException();
    }
  }
}
