package io.millrace.flink;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import org.apache.flink.api.connector.sink2.Sink;
import org.apache.flink.api.connector.sink2.SinkWriter;
import org.apache.flink.api.connector.sink2.WriterInitContext;

/**
 * Rows to a TCP server, which tells nobody what it has read: rows under way are lost with a
 * connection, and those after the last checkpoint are sent again after a crash.
 */
final class TcpSink implements Sink<Piece> {
  private static final long serialVersionUID = 1;
  private final TcpAddress address;

  TcpSink(TcpAddress address) {
    this.address = address;
  }

  @Override
  public SinkWriter<Piece> createWriter(WriterInitContext context) throws IOException {
    return new Writer(address);
  }

  private static final class Writer implements SinkWriter<Piece> {
    private final TcpAddress address;
    private final Socket socket;
    private final OutputStream out;

    Writer(TcpAddress address) {
      this.address = address;
      try {
        socket = address.connect();
        out = new BufferedOutputStream(socket.getOutputStream());
      } catch (IOException e) {
        throw address.lost("cannot connect", e);
      }
    }

    /** A stage gives rows out as soon as there are none behind them: they leave at once. */
    @Override
    public void write(Piece piece, Context context) {
      if (piece.kind != Piece.APPEND) return;
      try {
        out.write(piece.bytes);
        out.flush();
      } catch (IOException e) {
        throw address.lost("the connection broke", e);
      }
    }

    @Override
    public void flush(boolean endOfInput) {}

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
