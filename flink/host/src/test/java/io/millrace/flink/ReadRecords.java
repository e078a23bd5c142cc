package io.millrace.flink;

import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceOutput;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.metrics.groups.SourceReaderMetricGroup;
import org.apache.flink.util.SimpleUserCodeClassLoader;
import org.apache.flink.util.UserCodeClassLoader;

/** What a reader gives out, split by split, in the order of its giving. */
final class ReadRecords implements ReaderOutput<Piece> {
  private List<Read> reads = new ArrayList<>();

  /** A piece, else a watermark, else what became of the split: it ended, is idle or active. */
  record Read(String split, Piece piece, Watermark watermark, String status) {
    Read(String split, Piece piece, Watermark watermark) {
      this(split, piece, watermark, null);
    }

    boolean isEnd() {
      return "ended".equals(status);
    }

    boolean isFrame() {
      return piece != null && piece.kind == Piece.FRAME;
    }
  }

  /** All since the last call. */
  List<Read> taken() {
    List<Read> taken = reads;
    reads = new ArrayList<>();
    return taken;
  }

  @Override
  public SourceOutput<Piece> createOutputForSplit(String split) {
    return new SourceOutput<>() {
      @Override
      public void collect(Piece piece) {
        reads.add(new Read(split, piece, null));
      }

      @Override
      public void collect(Piece piece, long timestamp) {
        throw new AssertionError("pieces have no time of their own");
      }

      @Override
      public void emitWatermark(Watermark watermark) {
        reads.add(new Read(split, null, watermark));
      }

      @Override
      public void markIdle() {
        reads.add(new Read(split, null, null, "idle"));
      }

      @Override
      public void markActive() {
        reads.add(new Read(split, null, null, "active"));
      }
    };
  }

  @Override
  public void releaseOutputForSplit(String split) {
    reads.add(new Read(split, null, null, "ended"));
  }

  @Override
  public void collect(Piece piece) {
    throw new AssertionError("every piece comes from a split");
  }

  @Override
  public void collect(Piece piece, long timestamp) {
    throw new AssertionError("every piece comes from a split");
  }

  @Override
  public void emitWatermark(Watermark watermark) {
    throw new AssertionError("every watermark comes from a split");
  }

  @Override
  public void markIdle() {
    reads.add(new Read("", null, null, "idle"));
  }

  @Override
  public void markActive() {
    reads.add(new Read("", null, null, "active"));
  }

  /** Where a reader finds the job's jar. */
  static SourceReaderContext context(Fixture fixture) {
    return new SourceReaderContext() {
      @Override
      public UserCodeClassLoader getUserCodeClassLoader() {
        return SimpleUserCodeClassLoader.create(fixture.loader);
      }

      @Override
      public SourceReaderMetricGroup metricGroup() {
        throw new UnsupportedOperationException();
      }

      @Override
      public Configuration getConfiguration() {
        return new Configuration();
      }

      @Override
      public String getLocalHostName() {
        return "localhost";
      }

      @Override
      public int getIndexOfSubtask() {
        return 0;
      }

      @Override
      public void sendSplitRequest() {
        throw new AssertionError("splits come without being asked for");
      }

      @Override
      public void sendSourceEventToCoordinator(SourceEvent event) {
        throw new UnsupportedOperationException();
      }
    };
  }
}
