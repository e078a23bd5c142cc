package io.millrace.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.runtime.execution.SuppressRestartsException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@DisplayName("A sink of parts")
class PartsWriterTest {
  private static final Piece END_OF_PART = new Piece(Piece.ROLL, 0, 0, 0, new byte[0]);
  @TempDir Path home;
  private Path folder;
  private PartsSink sink;

  @BeforeEach
  void open() {
    folder = home.resolve("out");
    sink = new PartsSink(new org.apache.flink.core.fs.Path(folder.toString()), "jsonl", "scores");
  }

  @Test
  @DisplayName("ends a part where it is told, and shows it once it is committed")
  void partsWhereTold() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n", "b\n");
    writer.write(END_OF_PART, null);
    write(writer, "c\n");
    var closed = prepared(writer);
    assertEquals(Map.of(), visible());
    commit(closed);
    assertEquals(Map.of("part-00000.jsonl", "a\nb\n"), visible());
    writer.write(END_OF_PART, null);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\nb\n", "part-00001.jsonl", "c\n"), visible());
    assertEquals(List.of(), hidden());
  }

  @Test
  @DisplayName("makes no part of nothing")
  void emptyParts() throws Exception {
    PartsWriter writer = begun();
    writer.write(END_OF_PART, null);
    write(writer, "a\n");
    writer.write(END_OF_PART, null);
    writer.write(END_OF_PART, null);
    assertEquals(1, prepared(writer).size());
    assertEquals(0, prepared(writer).size());
    writer.close();
  }

  @Test
  @DisplayName("ends its last part at the end of the input, not before")
  void endOfInput() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    writer.flush(false);
    assertEquals(0, prepared(writer).size());
    writer.flush(true);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\n"), visible());
  }

  @Test
  @DisplayName("commits once, however often it is told to")
  void twiceIsOnce() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    writer.write(END_OF_PART, null);
    var closed = prepared(writer);
    commit(closed);
    commit(closed);
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\n"), visible());
  }

  @Test
  @DisplayName("goes on from a checkpoint without the rows that came after it")
  void truncated() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    var states = snapshot(writer);
    write(writer, "lost\n");
    writer.write(END_OF_PART, null);
    write(writer, "lost, too\n");
    writer.close();

    writer = restored(states);
    write(writer, "b\n");
    writer.write(END_OF_PART, null);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\nb\n"), visible());
    assertEquals(List.of(), hidden());
  }

  @Test
  @DisplayName("restores the same checkpoint as often as it has to")
  void restoredTwice() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    var states = snapshot(writer);
    for (int attempt = 0; attempt < 3; attempt++) {
      writer.close();
      writer = restored(states);
      write(writer, "b\n");
    }
    writer.flush(true);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\nb\n"), visible());
  }

  @Test
  @DisplayName("keeps a part that a checkpoint has closed until it is committed after a restart")
  void closedButNotCommitted() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    writer.write(END_OF_PART, null);
    var closed = prepared(writer);
    var states = snapshot(writer);
    write(writer, "lost\n");
    writer.close();

    writer = restored(states);
    assertEquals(Map.of(), visible());
    commit(closed);
    write(writer, "b\n");
    writer.flush(true);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-00000.jsonl", "a\n", "part-00001.jsonl", "b\n"), visible());
  }

  @Test
  @DisplayName("removes what attempts left that failed before the first checkpoint")
  void strays() throws Exception {
    PartsWriter failed = begun();
    write(failed, "lost\n");
    failed.write(END_OF_PART, null);
    write(failed, "lost, too\n");
    failed.close();
    assertEquals(2, hidden().size());
    begun().close();
    assertEquals(List.of(), hidden());
  }

  @Test
  @DisplayName("leaves alone files of others, hidden ones of a like name, too")
  void foreignFiles() throws Exception {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("README"), "mine");
    Files.writeString(folder.resolve(".part-time.inprogress.txt"), "mine");
    begun().close();
    assertEquals(List.of(".part-time.inprogress.txt"), hidden());
  }

  @Test
  @DisplayName("knows parts of more than five digits")
  void manyParts() throws Exception {
    PartsWriter writer = restored(List.of(new PartsSink.OpenPart(123_456, new byte[0])));
    write(writer, "a\n");
    var states = snapshot(writer);
    writer.write(END_OF_PART, null);
    write(writer, "lost\n");
    writer.close();
    writer = restored(states);
    assertEquals(1, hidden().size());
    writer.flush(true);
    commit(prepared(writer));
    writer.close();
    assertEquals(Map.of("part-123456.jsonl", "a\n"), visible());
  }

  @Test
  @DisplayName("refuses a folder with output when the job starts from nothing")
  void othersOutput() throws Exception {
    Files.createDirectories(folder);
    Files.writeString(folder.resolve("part-00000.jsonl"), "somebody's\n");
    String message = refusal(this::begun);
    assertTrue(message.startsWith("ML_SINK_EXISTS: "), message);
    assertTrue(message.contains("(sink \"scores\")"), message);
    assertEquals(Map.of("part-00000.jsonl", "somebody's\n"), visible());
  }

  @Test
  @DisplayName("refuses a checkpoint that is older than what it shows already")
  void olderCheckpoint() throws Exception {
    PartsWriter writer = begun();
    write(writer, "a\n");
    var open = snapshot(writer);
    writer.write(END_OF_PART, null);
    commit(prepared(writer));
    var between = snapshot(writer);
    write(writer, "b\n");
    writer.flush(true);
    commit(prepared(writer));
    writer.close();
    for (var states : List.of(open, between)) {
      String message = refusal(() -> restored(states));
      assertTrue(message.startsWith("ML_SINK_AHEAD: "), message);
    }
    assertEquals(Map.of("part-00000.jsonl", "a\n", "part-00001.jsonl", "b\n"), visible());
  }

  private PartsWriter begun() throws IOException {
    return (PartsWriter) sink.createWriter(null);
  }

  private PartsWriter restored(List<PartsSink.OpenPart> states) throws IOException {
    return (PartsWriter) sink.restoreWriter(null, states);
  }

  private static void write(PartsWriter writer, String... rows) throws IOException {
    for (String row : rows) writer.write(Piece.append(row.getBytes(StandardCharsets.UTF_8)), null);
  }

  /** What Flink keeps of the writer: through bytes, as in a checkpoint. */
  private List<PartsSink.OpenPart> snapshot(PartsWriter writer) throws IOException {
    var serializer = sink.getWriterStateSerializer();
    List<PartsSink.OpenPart> states = new ArrayList<>();
    for (PartsSink.OpenPart state : writer.snapshotState(1))
      states.add(serializer.deserialize(serializer.getVersion(), serializer.serialize(state)));
    return states;
  }

  private List<PartsSink.ClosedPart> prepared(PartsWriter writer) throws IOException {
    var serializer = sink.getCommittableSerializer();
    List<PartsSink.ClosedPart> parts = new ArrayList<>();
    for (PartsSink.ClosedPart part : writer.prepareCommit())
      parts.add(serializer.deserialize(serializer.getVersion(), serializer.serialize(part)));
    return parts;
  }

  private void commit(Collection<PartsSink.ClosedPart> parts) throws Exception {
    try (Committer<PartsSink.ClosedPart> committer = sink.createCommitter(null)) {
      List<Committer.CommitRequest<PartsSink.ClosedPart>> requests = new ArrayList<>();
      for (PartsSink.ClosedPart part : parts) requests.add(new Request(part));
      committer.commit(requests);
    }
  }

  /** Any answer but none would be a failure. */
  private record Request(PartsSink.ClosedPart part)
      implements Committer.CommitRequest<PartsSink.ClosedPart> {
    @Override
    public PartsSink.ClosedPart getCommittable() {
      return part;
    }

    @Override
    public int getNumberOfRetries() {
      return 0;
    }

    @Override
    public void signalFailedWithKnownReason(Throwable reason) {
      throw new AssertionError(reason);
    }

    @Override
    public void signalFailedWithUnknownReason(Throwable reason) {
      throw new AssertionError(reason);
    }

    @Override
    public void retryLater() {
      throw new AssertionError();
    }

    @Override
    public void updateAndRetryLater(PartsSink.ClosedPart other) {
      throw new AssertionError();
    }

    @Override
    public void signalAlreadyCommitted() {
      throw new AssertionError();
    }
  }

  private Map<String, String> visible() throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Path file : files(false)) {
      if (file.getFileName().toString().startsWith("part-"))
        files.put(file.getFileName().toString(), Files.readString(file));
    }
    return files;
  }

  private List<String> hidden() throws IOException {
    return files(true).stream().map(file -> file.getFileName().toString()).toList();
  }

  private List<Path> files(boolean hidden) throws IOException {
    try (var files = Files.list(folder)) {
      return files.filter(file -> file.getFileName().toString().startsWith(".") == hidden).toList();
    }
  }

  private static String refusal(Executable call) {
    return assertThrows(SuppressRestartsException.class, call).getCause().getMessage();
  }
}
