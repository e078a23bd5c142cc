package io.millrace.flink;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.flink.api.connector.sink2.CommittingSinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.core.fs.FileStatus;
import org.apache.flink.core.fs.FileSystem;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.RecoverableFsDataOutputStream;
import org.apache.flink.core.fs.RecoverableWriter;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/** Writes the parts of one sink; see {@link PartsSink}. */
final class PartsWriter
    implements StatefulSinkWriter<Piece, PartsSink.OpenPart>,
        CommittingSinkWriter<Piece, PartsSink.ClosedPart> {
  private static final Pattern NAMED = Pattern.compile("part-(\\d{5,10})\\..+");

  /** What Flink calls a part on the local file system until it is committed. */
  private static final Pattern HIDDEN =
      Pattern.compile("\\.part-(\\d{5,10})\\..+\\.inprogress\\..+");

  private final Path folder;
  private final String extension;
  private final RecoverableWriter files;
  private final List<PartsSink.ClosedPart> closed = new ArrayList<>();
  private RecoverableFsDataOutputStream open;
  private int part;

  /**
   * @param states one at most: a sink is one partition
   */
  PartsWriter(Path folder, String extension, String uid, Collection<PartsSink.OpenPart> states)
      throws IOException {
    this.folder = folder;
    this.extension = extension;
    FileSystem system = folder.getFileSystem();
    system.mkdirs(folder);
    files = system.createRecoverableWriter();
    if (states.isEmpty()) refuseOthers(system, uid);
    for (PartsSink.OpenPart state : states) {
      part = state.part();
      refuseOlder(system, uid);
      if (state.resume().length > 0) {
        var serializer = files.getResumeRecoverableSerializer();
        open = files.recover(serializer.deserialize(serializer.getVersion(), state.resume()));
      }
    }
    removeStrays(system);
  }

  @Override
  public void write(Piece piece, Context context) throws IOException {
    if (piece.kind == Piece.ROLL) {
      roll();
      return;
    }
    if (open == null) open = files.open(path());
    open.write(piece.bytes);
  }

  /** The stage closes its last part itself; the final state has no stage to do so. */
  @Override
  public void flush(boolean endOfInput) throws IOException {
    if (endOfInput) roll();
  }

  @Override
  public Collection<PartsSink.ClosedPart> prepareCommit() {
    List<PartsSink.ClosedPart> ready = new ArrayList<>(closed);
    closed.clear();
    return ready;
  }

  @Override
  public List<PartsSink.OpenPart> snapshotState(long checkpoint) throws IOException {
    byte[] resume =
        open == null ? new byte[0] : bytes(files.getResumeRecoverableSerializer(), open.persist());
    return List.of(new PartsSink.OpenPart(part, resume));
  }

  @Override
  public void close() throws IOException {
    if (open != null) open.close();
    open = null;
  }

  private Path path() {
    return new Path(folder, String.format("part-%05d.%s", part, extension));
  }

  private void roll() throws IOException {
    if (open == null) return;
    var committer = open.closeForCommit();
    closed.add(
        new PartsSink.ClosedPart(
            part, bytes(files.getCommitRecoverableSerializer(), committer.getRecoverable())));
    open = null;
    part++;
  }

  /**
   * With nothing restored, parts that are there already are somebody else's, or those of an earlier
   * run.
   */
  private void refuseOthers(FileSystem system, String uid) throws IOException {
    for (FileStatus file : system.listStatus(folder)) {
      if (!file.getPath().getName().startsWith("part-")) continue;
      throw new MillraceException(
              "ML_SINK_EXISTS",
              "the folder already holds output, and the job starts from nothing",
              folder + " (sink \"" + uid + "\")",
              "Remove it, choose another folder, or go on from a savepoint with --from-savepoint")
          .forGood();
    }
  }

  /**
   * A part has its name once a checkpoint covers it. One that this checkpoint does not cover was
   * closed after it: its rows would come twice, or later ones stand beside what is written now.
   */
  private void refuseOlder(FileSystem system, String uid) throws IOException {
    for (FileStatus file : system.listStatus(folder)) {
      Matcher name = NAMED.matcher(file.getPath().getName());
      if (!name.matches() || Long.parseLong(name.group(1)) < part) continue;
      throw new MillraceException(
              "ML_SINK_AHEAD",
              "the checkpoint ends in part "
                  + part
                  + ", but "
                  + name.group()
                  + " is public already",
              folder + " (sink \"" + uid + "\")",
              "Restore the newest checkpoint, or take the folder's later parts away")
          .forGood();
    }
  }

  /** Removes what attempts that failed left hidden; on object stores nothing shows. */
  private void removeStrays(FileSystem system) throws IOException {
    for (FileStatus file : system.listStatus(folder)) {
      Matcher name = HIDDEN.matcher(file.getPath().getName());
      if (!name.matches()) continue;
      long number = Long.parseLong(name.group(1));
      if (number > part || (number == part && open == null)) system.delete(file.getPath(), false);
    }
  }

  private static <T> byte[] bytes(SimpleVersionedSerializer<T> serializer, T value)
      throws IOException {
    return serializer.serialize(value);
  }
}
