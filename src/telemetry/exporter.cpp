#include "telemetry/exporter.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "base/call.hpp"
#include "base/id.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "telemetry/otlp.hpp"

namespace errand::telemetry {

namespace {

constexpr std::size_t max_kept_answer = 4096;                    // bytes of what a collector says
constexpr std::size_t max_read_answer = std::size_t{64} << 10U;  // what goes on then is not waited for
constexpr std::size_t shown_columns = 200;
constexpr std::size_t instance_id_bytes = 16;
constexpr std::chrono::milliseconds look_again{50};  // at whether the person wants to leave

http::Request request_to(const Endpoint& endpoint, std::string body) {
  http::Request out;
  out.url = endpoint.url;
  out.headers = {{"content-type", "application/json"}};
  for (const auto& [name, value] : endpoint.headers) {
    if (text::lower(name) != "content-type") out.headers.push_back({name, value});  // it says what the body is
  }
  out.body = std::move(body);
  out.connect_limit = endpoint.timeout;
  out.idle_limit = endpoint.timeout;
  return out;
}

// The OTLP specification's list of what is worth another try.
bool is_passing(int status) {
  return status == 429 || status == 502 || status == 503 || status == 504;
}

std::size_t size_of(const Attributes& attributes) {
  std::size_t out = attributes.size() * sizeof(Attribute);
  for (const auto& [key, value] : attributes) {
    out += key.size();
    if (const auto* text = std::get_if<std::string>(&value)) out += text->size();
    if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
      for (const auto& text : *texts) out += text.size();
    }
  }
  return out;
}

// About what it takes, here and on its way.
std::size_t size_of(const Span& span) {
  auto out = sizeof span + span.state.size() + span.name.size() + span.error.size() + size_of(span.attributes);
  for (const auto& event : span.events) out += sizeof event + event.name.size() + size_of(event.attributes);
  return out;
}

// Sums of several processes must not be taken for one another's.
void add_instance(Attributes& resource) {
  if (std::ranges::find(resource, "service.instance.id", &Attribute::key) == resource.end())
    resource.push_back({"service.instance.id", random_hex(instance_id_bytes)});
}

}  // namespace

Exporter::Exporter(Settings settings, std::function<http::Transport&()> transport,
                   std::function<Patience()> patience_left)
    : settings_(std::move(settings)),
      transport_(std::move(transport)),
      patience_left_(std::move(patience_left)),
      next_backoff_(settings_.span_delay) {
  add_instance(settings_.resource);
}

void Exporter::begin() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { work(); });
  } catch (const std::system_error& e) {
    closing_ = true;
    first_failure_ = fmt::format("nothing can be exported: no thread can be started: {}", e.what());
    log::warn("telemetry: {}", first_failure_);
  }
}

void Exporter::add(Span span) {
  if (!settings_.traces) return;
  const std::lock_guard lock(mutex_);
  if (closing_) return;
  const auto bytes = size_of(span);
  if (spans_.size() >= max_queued || spans_bytes_ + bytes > max_queued_bytes) {
    ++lost_;
    return;
  }
  spans_.push_back(std::move(span));
  spans_bytes_ += bytes;
  if (!spans_due_) spans_due_ = Clock::now() + settings_.span_delay;
  if (spans_.size() == 1 || spans_.size() >= batch || spans_bytes_ >= batch_bytes) changed_.notify_all();
  begin();
}

void Exporter::measure(const Instrument& instrument, double value, const Attributes& attributes) {
  if (!settings_.metrics) return;
  metrics_.measure(instrument, value, attributes);
  const std::lock_guard lock(mutex_);
  if (closing_ || metrics_due_) return;
  metrics_due_ = Clock::now() + settings_.metric_interval;
  changed_.notify_all();
  begin();
}

std::optional<Exporter::Clock::time_point> Exporter::spans_wake() const {
  if (spans_.empty()) return std::nullopt;
  if (spans_.size() >= batch || spans_bytes_ >= batch_bytes || !spans_due_) return not_before_;
  return std::max(*spans_due_, not_before_);
}

std::vector<Span> Exporter::take_batch() {
  std::vector<Span> out;
  std::size_t bytes = 0;
  while (!spans_.empty() && out.size() < batch) {
    const auto next = size_of(spans_.front());
    if (!out.empty() && bytes + next > batch_bytes) break;
    bytes += next;
    out.push_back(std::move(spans_.front()));
    spans_.pop_front();
  }
  spans_bytes_ -= bytes;
  if (spans_.empty()) spans_due_.reset();
  return out;
}

Exporter::Work Exporter::next_work() {
  std::unique_lock lock(mutex_);
  const auto is_due = [](const auto& when) { return when && *when <= Clock::now(); };
  while (!closing_ && !is_due(spans_wake()) && !is_due(metrics_due_)) {
    auto wake = spans_wake();
    if (metrics_due_ && (!wake || *metrics_due_ < *wake)) wake = metrics_due_;
    if (wake)
      changed_.wait_until(lock, *wake);
    else
      changed_.wait(lock);
  }
  Work out;
  if (closing_ || is_due(spans_wake())) out.spans = take_batch();
  out.is_last = closing_ && spans_.empty();
  out.metrics = closing_ ? out.is_last : is_due(metrics_due_);
  if (out.metrics) metrics_due_.reset();
  return out;
}

void Exporter::work() {
  for (bool is_last = false; !is_last;) {
    auto todo = next_work();
    is_last = todo.is_last;
    if (!todo.spans.empty()) send_spans(std::move(todo.spans));
    if (todo.metrics) send_metrics();
  }
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

// At the end nothing is tried twice, and what follows a failure would fail as well.
void Exporter::send_spans(std::vector<Span> spans) {
  const auto sent = send(*settings_.traces, "traces", traces_json(settings_.resource, spans));
  const std::lock_guard lock(mutex_);
  if (sent == Sent::yes) {
    next_backoff_ = settings_.span_delay;
    return;
  }
  if (closing_) {
    lost_ += spans.size() + std::exchange(spans_, {}).size();
    spans_bytes_ = 0;
    return;
  }
  std::size_t bytes = 0;
  for (const auto& span : spans) bytes += size_of(span);
  const bool has_room = spans_.size() + spans.size() <= max_queued && spans_bytes_ + bytes <= max_queued_bytes;
  if (sent == Sent::never || !has_room) {
    lost_ += spans.size();
    return;
  }
  spans_bytes_ += bytes;
  spans_.insert(spans_.begin(), std::make_move_iterator(spans.begin()), std::make_move_iterator(spans.end()));
  not_before_ = Clock::now() + next_backoff_;
  next_backoff_ = std::min(longest_backoff, next_backoff_ * 2);
}

void Exporter::send_metrics() {
  const bool anew = settings_.temporality == Temporality::delta;
  const auto points = anew ? metrics_.take() : metrics_.points();
  if (points.empty() || !settings_.metrics) return;
  const auto until = now();
  send(*settings_.metrics, "metrics",
       metrics_json(settings_.resource, points, settings_.temporality, measured_since_, until));
  if (anew) measured_since_ = until;
}

Exporter::Sent Exporter::send(const Endpoint& endpoint, std::string_view what, std::string body) {
  const auto request = request_to(endpoint, std::move(body));
  const auto call = Call{give_up_.get_token()}.within(endpoint.timeout);
  std::string answer;
  std::size_t read = 0;
  std::optional<http::ResponseHead> enough;  // of an answer that goes on and on: its status is what counts
  auto head = transport_().send(
      request,
      [&](const http::ResponseHead& head_of_it, std::string_view bytes) -> Result<void> {
        answer += bytes.substr(0, max_kept_answer - std::min(max_kept_answer, answer.size()));
        read += bytes.size();
        if (read <= max_read_answer) return {};
        enough = head_of_it;
        return fail(ErrorKind::limit, "the answer has no end");
      },
      call);
  if (enough) head = *std::move(enough);
  const std::lock_guard lock(mutex_);
  silent_ = !head && (head.error().kind == ErrorKind::timeout || head.error().kind == ErrorKind::cancelled);
  if (!head) {
    note_failure(what, endpoint, silent_ ? "it did not answer in time" : head.error().message);
    return Sent::not_now;
  }
  if (head->status >= 200 && head->status < 300) {
    log::debug("telemetry: {} sent, HTTP {}", what, head->status);
    if (lost_ == 0) first_failure_.clear();
    return Sent::yes;
  }
  note_failure(what, endpoint,
               fmt::format("HTTP {}{}{}", head->status, answer.empty() ? "" : ": ",
                           text::ellipsize(text::first_line(answer), shown_columns)));
  return is_passing(head->status) ? Sent::not_now : Sent::never;
}

void Exporter::note_failure(std::string_view what, const Endpoint& endpoint, const std::string& why) {
  auto sentence = fmt::format("{} can't be sent to {}: {}", what, text::public_url(endpoint.url), why);
  if (first_failure_.empty()) {
    log::warn("telemetry: {}", sentence);
    first_failure_ = std::move(sentence);
  } else {
    log::debug("telemetry: {}", sentence);
  }
}

void Exporter::finish() {
  {
    std::unique_lock lock(mutex_);
    closing_ = true;
    if (!thread_.joinable()) return;
    changed_.notify_all();
    const auto began = Clock::now();
    const auto limit = [&] {
      const bool hurries = silent_ || (patience_left_ && patience_left_() == Patience::little);
      return hurries ? std::min(short_patience, settings_.patience) : settings_.patience;
    };
    while (!ended_ && Clock::now() - began < limit()) changed_.wait_for(lock, look_again);
  }
  give_up_.request_stop();
  thread_.join();
}

std::optional<std::string> Exporter::trouble() const {
  const std::lock_guard lock(mutex_);
  if (first_failure_.empty() && lost_ == 0) return std::nullopt;
  const auto lost = lost_ == 0 ? std::string() : fmt::format("{} lost", text::count_of(lost_, "span"));
  if (first_failure_.empty()) return lost;
  return lost.empty() ? first_failure_ : fmt::format("{} ({})", first_failure_, lost);
}

}  // namespace errand::telemetry
