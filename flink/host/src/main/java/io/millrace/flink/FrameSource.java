package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.core.io.SimpleVersionedSerializer;

/**
 * A source of the plan as a source of Flink's: its splits are read and decoded, in a guest, inside
 * the source task.
 */
public final class FrameSource implements Source<Piece, Split, List<Split>> {
  private static final long serialVersionUID = 1;
  private final JobSpec spec;
  private final String uid;
  private final List<String> splits;

  /**
   * @param splits ids, in the order of their declaration
   */
  FrameSource(JobSpec spec, String uid, List<String> splits) {
    this.spec = spec;
    this.uid = uid;
    this.splits = new ArrayList<>(splits);
  }

  @Override
  public Boundedness getBoundedness() {
    return Boundedness.BOUNDED;
  }

  @Override
  public SplitEnumerator<Split, List<Split>> createEnumerator(
      SplitEnumeratorContext<Split> context) {
    return new SplitAssigner(
        context, splits, splits.stream().map(id -> new Split(id, "")).toList());
  }

  @Override
  public SplitEnumerator<Split, List<Split>> restoreEnumerator(
      SplitEnumeratorContext<Split> context, List<Split> waiting) {
    return new SplitAssigner(context, splits, waiting);
  }

  @Override
  public SimpleVersionedSerializer<Split> getSplitSerializer() {
    return new Split.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<List<Split>> getEnumeratorCheckpointSerializer() {
    return new Split.ListSerializer();
  }

  @Override
  public SourceReader<Piece, Split> createReader(SourceReaderContext context) {
    return new FrameReader(spec, uid, context);
  }
}
