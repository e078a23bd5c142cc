package io.millrace.flink;

import java.io.IOException;
import java.io.UncheckedIOException;
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
public final class FrameSource implements Source<Piece, Split, SplitRegister> {
  private static final long serialVersionUID = 2;
  private final JobSpec spec;
  private final String uid;
  private final boolean bounded;

  FrameSource(JobSpec spec, Plan.Source source) {
    this.spec = spec;
    this.uid = source.uid();
    this.bounded = source.bounded();
  }

  @Override
  public Boundedness getBoundedness() {
    return bounded ? Boundedness.BOUNDED : Boundedness.CONTINUOUS_UNBOUNDED;
  }

  @Override
  public SplitEnumerator<Split, SplitRegister> createEnumerator(
      SplitEnumeratorContext<Split> context) {
    return enumerator(context, null);
  }

  @Override
  public SplitEnumerator<Split, SplitRegister> restoreEnumerator(
      SplitEnumeratorContext<Split> context, SplitRegister register) {
    return enumerator(context, register);
  }

  @Override
  public SimpleVersionedSerializer<Split> getSplitSerializer() {
    return new Split.Serializer();
  }

  @Override
  public SimpleVersionedSerializer<SplitRegister> getEnumeratorCheckpointSerializer() {
    return new SplitRegister.Serializer();
  }

  @Override
  public SourceReader<Piece, Split> createReader(SourceReaderContext context) {
    return new FrameReader(spec, uid, context);
  }

  /**
   * @param register of the checkpoint; null: none
   */
  private SplitEnumerator<Split, SplitRegister> enumerator(
      SplitEnumeratorContext<Split> context, SplitRegister register) {
    Plan.Source source;
    try {
      source = JobSpec.plan(Thread.currentThread().getContextClassLoader()).source(uid);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    if (source.connector().equals("kafka")) {
      SplitRegister known = register == null ? SplitRegister.NOTHING : register;
      return new TopicAssigner(context, known, source, spec.base);
    }
    SplitRegister declared = SplitRegister.of(SplitBytes.splits(source));
    return new SplitAssigner(
        context,
        register == null ? declared : new SplitRegister(register.waiting(), declared.known()),
        false);
  }
}
