#include "http/recorder.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"

namespace errand::http {

namespace {

using std::chrono::milliseconds;

constexpr std::size_t max_first_line_bytes = 64U << 10U;

tl::unexpected<Error> cannot_record(const std::string& path, int error_number) {
  return fail_errno(ErrorKind::failure, fmt::format("can't record into {}", path), error_number);
}

// An empty file may be written, and an older recording; what is anything else is somebody's.
Result<void> check_content(int fd, const std::string& path) {
  std::string begin(max_first_line_bytes, '\0');
  const auto got = ::pread(fd, begin.data(), begin.size(), 0);
  if (got < 0) return cannot_record(path, errno);
  begin.resize(static_cast<std::size_t>(got));
  if (begin.empty() || looks_like_recording(begin)) return {};
  return fail(ErrorKind::failure, fmt::format("can't record into {}: it holds something that is no recording", path),
              "name another file, or remove it");
}

Result<Fd> open_file(const std::string& path) {
  Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (!file) return cannot_record(path, errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return cannot_record(path, errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(ErrorKind::failure, fmt::format("can't record into {}: it is no regular file", path));
  }
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return cannot_record(path, errno);
    return fail(ErrorKind::busy, fmt::format("another process is recording into {}", path), "name another file");
  }
  ERRAND_TRY(check_content(file.get(), path));
  return file;
}

RecordedExchange cleaned(RecordedExchange exchange, const Redactor& redactor) {
  exchange.url = redactor.clean_url(exchange.url);
  exchange.headers = redactor.clean_request_headers(exchange.headers);
  exchange.body = redactor.clean(std::move(exchange.body));
  exchange.head.headers = redactor.clean_response_headers(exchange.head.headers);
  exchange.pieces = redactor.clean_pieces(std::move(exchange.pieces));
  if (exchange.error) {
    exchange.error->message = redactor.clean(std::move(exchange.error->message));
    exchange.error->hint = redactor.clean(std::move(exchange.error->hint));
  }
  return exchange;
}

}  // namespace

Result<std::unique_ptr<Recorder>> Recorder::open(std::function<Transport&()> inner, RecorderOptions options) {
  ERRAND_TRY_ASSIGN(auto file, open_file(options.path));
  return std::unique_ptr<Recorder>(new Recorder(std::move(inner), std::move(options), std::move(file)));
}

Recorder::Recorder(std::function<Transport&()> inner, RecorderOptions options, Fd file)
    : inner_(std::move(inner)),
      path_(std::move(options.path)),
      file_(std::move(file)),
      redactor_(std::move(options.secrets)) {
  about_.made_by = std::move(options.made_by);
  about_.began = to_rfc3339(now());
  about_.places = std::move(options.places);
}

milliseconds Recorder::since_begin() const {
  return std::chrono::duration_cast<milliseconds>(Call::Clock::now() - began_);
}

RecordedExchange Recorder::begin(const Request& request) {
  RecordedExchange out;
  out.at = since_begin();
  out.notes = request.notes;
  out.method = request.method;
  out.url = request.url;
  out.headers = request.headers;
  out.body = request.body;
  const std::lock_guard lock(mutex_);
  redactor_.learn(request);
  out.number = ++begun_;
  return out;
}

Result<ResponseHead> Recorder::send(const Request& request, const OnBody& on_body, const Call& call) {
  auto exchange = begin(request);
  const auto answered = [&](const ResponseHead& head) {
    if (exchange.head.status != 0) return;
    exchange.head = head;
    exchange.answered_at = since_begin();
  };
  auto sent = inner_().send(
      request,
      [&](const ResponseHead& head, std::string_view bytes) -> Result<void> {
        answered(head);
        exchange.pieces.push_back({since_begin(), std::string(bytes)});
        auto read = on_body(head, bytes);
        if (!read) exchange.end = RecordedEnd::stopped;
        return read;
      },
      call);
  if (sent) {
    answered(*sent);
  } else if (exchange.end != RecordedEnd::stopped) {
    exchange.end = RecordedEnd::failed;
    exchange.error = sent.error();
  }
  exchange.ended_at = since_begin();
  keep(std::move(exchange), request);
  return sent;
}

void Recorder::keep(RecordedExchange exchange, const Request& request) {
  std::unique_lock lock(mutex_);
  if (ended_) return;
  auto kept = append(exchange_lines(cleaned(std::move(exchange), redactor_)));
  if (kept) return;
  ended_ = true;
  lock.unlock();
  if (!request.on_warning) return;
  request.on_warning("recording", fmt::format("the recording ends here, the run goes on: {}", kept.error().message));
}

// What could not be written whole is taken off again.
Result<void> Recorder::append(const std::string& lines) {
  const auto text = written_bytes_ == 0 ? header_lines(about_) + lines : lines;
  if (written_bytes_ + text.size() > max_recording_bytes) {
    return fail(ErrorKind::failure, fmt::format("{} would exceed {} bytes", path_, max_recording_bytes));
  }
  if (written_bytes_ == 0 && (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) != 0)) {
    return cannot_record(path_, errno);
  }
  if (auto written = write_all(file_.get(), text); !written) {
    if (::ftruncate(file_.get(), static_cast<off_t>(written_bytes_)) != 0) return cannot_record(path_, errno);
    return fail(std::move(written).error());
  }
  written_bytes_ += text.size();
  return {};
}

}  // namespace errand::http
