package io.millrace.flink;

import java.io.IOException;
import java.io.Serializable;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonNode;

/** Where a TCP source or sink connects to. */
record TcpAddress(String host, int port, boolean tls, boolean allowLinkLocal, String where)
    implements Serializable {
  private static final int CONNECT_MS = 10_000;

  /**
   * @param where whose it is, such as `sink "alarms"`
   */
  static TcpAddress of(JsonNode options, String where) {
    return new TcpAddress(
        options.required("host").asText().replaceAll("^\\[|\\]$", ""),
        options.required("port").asInt(),
        options.path("tls").asBoolean(),
        options.path("allowLinkLocal").asBoolean(),
        where);
  }

  /** Connects, with the certificate checked where there is one. */
  Socket connect() throws IOException {
    InetAddress address = InetAddress.getByName(host);
    if (address.isLinkLocalAddress() && !allowLinkLocal) throw linkLocal();
    Socket socket = new Socket();
    try {
      socket.setTcpNoDelay(true);
      socket.setKeepAlive(true);
      socket.connect(new InetSocketAddress(address, port), CONNECT_MS);
      return tls ? secured(socket) : socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  MillraceException lost(String what, Throwable cause) {
    return new MillraceException(
        "ML_CONNECTION",
        what + " (" + cause + ")",
        where,
        "See that a server listens at " + host + ":" + port,
        cause);
  }

  private Socket secured(Socket socket) throws IOException {
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket secured = (SSLSocket) factory.createSocket(socket, host, port, true);
    SSLParameters parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    secured.startHandshake();
    return secured;
  }

  /** Clouds serve credentials at such addresses to whoever asks. */
  private RuntimeException linkLocal() {
    return new MillraceException(
            "ML_URL",
            "the address is link-local; got " + host,
            where,
            "Write allowLinkLocal: true if it is meant")
        .forGood();
  }
}
