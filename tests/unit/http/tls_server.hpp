#pragma once

#include <cstddef>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <catch2/catch.hpp>

#include "base/file.hpp"
#include "base/process.hpp"
#include "support/temp_dir.hpp"

namespace errand::test {

inline constexpr const char* openssl = "/usr/bin/openssl";

/// Keys and certificates made for one test, with an authority that nobody else knows.
class Certificates {
 public:
  Certificates() {
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
         key("authority"), "-out", certificate("authority"), "-days", "2", "-subj", "/CN=errand test authority"});
  }

  /// For 127.0.0.1, signed by the authority. With `days` below 1 it has expired.
  void issue(const std::string& name, int days = 2) const {
    run({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key(name), "-out",
         directory_ / (name + ".csr"), "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1"});
    run({"x509", "-req", "-in", directory_ / (name + ".csr"), "-CA", certificate("authority"), "-CAkey",
         key("authority"), "-CAcreateserial", "-copy_extensions", "copy", "-days", std::to_string(days), "-out",
         certificate(name)});
  }
  void self_sign(const std::string& name) const {
    run({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key(name),
         "-out", certificate(name), "-days", "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1"});
  }
  /// A directory as c_rehash makes them, with that certificate.
  [[nodiscard]] std::string hashed(const std::string& name) const {
    const auto path = directory_ / (name + ".d");
    REQUIRE(make_directories(path, 0755));
    REQUIRE(write_file_atomic(path + "/own.pem", read_file(certificate(name)).value()));
    run({"rehash", path});
    return path;
  }

  [[nodiscard]] std::string certificate(const std::string& name) const { return directory_ / (name + ".pem"); }
  [[nodiscard]] std::string key(const std::string& name) const { return directory_ / (name + ".key"); }
  [[nodiscard]] const TempDir& directory() const { return directory_; }

 private:
  static void run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), openssl);
    std::string said;
    const auto finished = run_process(
        {.argv = std::move(arguments), .env = {}}, [&](OutputStream, std::string_view bytes) { said += bytes; },
        Call());
    INFO(said);
    REQUIRE(finished.value().exit_code == 0);
  }

  TempDir directory_;
};

/// A program that serves on 127.0.0.1 and says its port: what stands between `announcement` and the end of that line.
class PortProgram {
 public:
  PortProgram(std::vector<std::string> argv, std::string announcement)
      : argv_(std::move(argv)), announcement_(std::move(announcement)) {
    auto said = promise_.get_future();
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    REQUIRE(said.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    port_ = said.get();
  }

  [[nodiscard]] const std::string& port() const { return port_; }
  [[nodiscard]] std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + port_ + "/";
  }

 private:
  void serve(const std::stop_token& stop) {
    std::string said;
    bool announced = false;
    const auto hear = [&](OutputStream, std::string_view bytes) {
      said += bytes;
      const auto at = said.find(announcement_);
      const auto end = at == std::string::npos ? at : said.find('\n', at);
      if (announced || end == std::string::npos) return;
      announced = true;
      promise_.set_value(said.substr(at + announcement_.size(), end - at - announcement_.size()));
    };
    static_cast<void>(run_process({.argv = argv_, .env = {}}, hear, Call{stop}));
  }

  std::vector<std::string> argv_;
  std::string announcement_;
  std::promise<std::string> promise_;
  std::string port_;
  std::jthread thread_;
};

/// The openssl program, answering each request with a page about the connection.
inline PortProgram serve_tls(const Certificates& made, const std::string& name,
                             const std::vector<std::string>& more = {}) {
  std::vector<std::string> argv = {openssl, "s_server",     "-accept", "127.0.0.1:0",         "-www",
                                   "-key",  made.key(name), "-cert",   made.certificate(name)};
  argv.insert(argv.end(), more.begin(), more.end());
  return PortProgram(std::move(argv), "ACCEPT 127.0.0.1:");
}

}  // namespace errand::test
