package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
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
    var assigner = assigner(readers);
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
    assigner(readers).addReader(6);
    assertEquals(List.of("6 has all"), readers.told());
  }

  @Test
  @DisplayName("come back from a reader that failed and go to it again, as far as they were")
  void backAgain() {
    Readers readers = new Readers(2);
    var assigner = assigner(readers);
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
    var register = new SplitRegister(List.of(new Split("e", "")), declared);
    var assigner = new SplitAssigner(readers, register, false);
    for (int reader = 0; reader < 3; reader++) assigner.addReader(reader);
    assertEquals(List.of("0 has all", "1 gets e", "1 has all", "2 has all"), readers.told());
  }

  @Test
  @DisplayName(
      "that are found later go to readers that are there, and no reader is ever told to end")
  void foundLater() {
    Readers readers = new Readers(2);
    var assigner = new SplitAssigner(readers, SplitRegister.NOTHING, true);
    assigner.addReader(0);
    assigner.addReader(1);
    assertEquals(List.of("0 has all for now", "1 has all for now"), readers.told());
    assigner.found(List.of(new Split("t/0", "", 5, 9), new Split("t/1", "")));
    assertEquals(
        List.of("0 gets t/0", "0 has all for now", "1 gets t/1", "1 has all for now"),
        readers.told());
    assigner.found(List.of(new Split("t/2", "")));
    assertEquals(List.of("0 gets t/2", "0 has all for now", "1 has all for now"), readers.told());
    assertEquals(
        new SplitRegister(List.of(), List.of("t/0", "t/1", "t/2")), assigner.snapshotState(1));
  }

  @Test
  @DisplayName("are kept with their bounds while no reader is there, and so in a checkpoint")
  void keptWaiting() throws Exception {
    var assigner = new SplitAssigner(new Readers(0), SplitRegister.NOTHING, true);
    assigner.found(List.of(new Split("t/0", "", 5, 9)));
    SplitRegister register = assigner.snapshotState(1);
    assertEquals(new SplitRegister(List.of(new Split("t/0", "", 5, 9)), List.of("t/0")), register);
    var serializer = new SplitRegister.Serializer();
    byte[] bytes = serializer.serialize(register);
    assertEquals(register, serializer.deserialize(serializer.getVersion(), bytes));
  }

  private SplitAssigner assigner(Readers readers) {
    return new SplitAssigner(readers, SplitRegister.of(declared), false);
  }

  private static List<String> waiting(SplitAssigner assigner) {
    return assigner.snapshotState(1).waiting().stream().map(Split::id).toList();
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
      told.add(reader + " has all for now");
    }

    @Override
    public Map<Integer, ReaderInfo> registeredReaders() {
      Map<Integer, ReaderInfo> readers = new TreeMap<>();
      for (int reader = 0; reader < parallelism; reader++)
        readers.put(reader, new ReaderInfo(reader, "localhost"));
      return readers;
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
