package io.millrace.flink;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import org.apache.flink.api.connector.sink2.Committer;
import org.apache.flink.api.connector.sink2.CommitterInitContext;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.StatefulSinkWriter;
import org.apache.flink.api.connector.sink2.SupportsCommitter;
import org.apache.flink.api.connector.sink2.SupportsWriterState;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.core.fs.Path;
import org.apache.flink.core.fs.RecoverableWriter;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A folder of parts, `part-00000.jsonl` and on, exactly once, on any file system of Flink's that
 * can resume a file. Where parts end is the stage's to say, so they are the same parts as those of
 * the embedded engine. A part has its name once a checkpoint covers its end; until then it is
 * hidden.
 */
public final class PartsSink
    implements Sink<Piece>,
        SupportsWriterState<Piece, PartsSink.OpenPart>,
        SupportsCommitter<PartsSink.ClosedPart> {
  private static final long serialVersionUID = 1;
  private final String folder;
  private final String extension;
  private final String uid;

  PartsSink(Path folder, String extension, String uid) {
    this.folder = folder.toString();
    this.extension = extension;
    this.uid = uid;
  }

  /**
   * Where a writer stands: the next part's number, and the open part up to the cut; empty where
   * none is open.
   */
  public record OpenPart(int part, byte[] resume) implements Serializable {}

  /** A part that may get its name. */
  public record ClosedPart(int part, byte[] closed) implements Serializable {}

  @Override
  public SinkWriter<Piece> createWriter(WriterInitContext context) throws IOException {
    return restoreWriter(context, List.of());
  }

  @Override
  public StatefulSinkWriter<Piece, OpenPart> restoreWriter(
      WriterInitContext context, Collection<OpenPart> states) throws IOException {
    return new PartsWriter(new Path(folder), extension, uid, states);
  }

  @Override
  public Committer<ClosedPart> createCommitter(CommitterInitContext context) throws IOException {
    RecoverableWriter files = new Path(folder).getFileSystem().createRecoverableWriter();
    return new Committer<>() {
      @Override
      public void commit(Collection<CommitRequest<ClosedPart>> requests) throws IOException {
        var serializer = files.getCommitRecoverableSerializer();
        for (CommitRequest<ClosedPart> request : requests) {
          byte[] closed = request.getCommittable().closed();
          // Committing what was committed before, as after a restart, is nothing.
          files
              .recoverForCommit(serializer.deserialize(serializer.getVersion(), closed))
              .commitAfterRecovery();
        }
      }

      @Override
      public void close() {}
    };
  }

  @Override
  public SimpleVersionedSerializer<OpenPart> getWriterStateSerializer() {
    return new PartSerializer<>() {
      @Override
      byte[] bytesOf(OpenPart part) {
        return part.resume();
      }

      @Override
      int numberOf(OpenPart part) {
        return part.part();
      }

      @Override
      OpenPart of(int number, byte[] bytes) {
        return new OpenPart(number, bytes);
      }
    };
  }

  @Override
  public SimpleVersionedSerializer<ClosedPart> getCommittableSerializer() {
    return new PartSerializer<>() {
      @Override
      byte[] bytesOf(ClosedPart part) {
        return part.closed();
      }

      @Override
      int numberOf(ClosedPart part) {
        return part.part();
      }

      @Override
      ClosedPart of(int number, byte[] bytes) {
        return new ClosedPart(number, bytes);
      }
    };
  }

  /** Both are a number and what the file system knows of the file. */
  private abstract static class PartSerializer<T> implements SimpleVersionedSerializer<T> {
    abstract int numberOf(T part);

    abstract byte[] bytesOf(T part);

    abstract T of(int number, byte[] bytes);

    @Override
    public int getVersion() {
      return 1;
    }

    @Override
    public byte[] serialize(T part) throws IOException {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      DataOutputStream out = new DataOutputStream(bytes);
      out.writeInt(numberOf(part));
      out.write(bytesOf(part));
      return bytes.toByteArray();
    }

    @Override
    public T deserialize(int version, byte[] bytes) throws IOException {
      DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
      return of(in.readInt(), in.readAllBytes());
    }
  }
}
