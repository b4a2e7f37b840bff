#include "http/replayer.hpp"

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "http/redactor.hpp"
#include "http/request_diff.hpp"

namespace errand::http {

namespace {

constexpr std::string_view hint_record_anew = "record it anew with --record";

std::string_view note_of(const Request& request, std::string_view name) {
  const auto found = std::ranges::find(request.notes, name, &Header::name);
  return found == request.notes.end() ? std::string_view{} : std::string_view(found->value);
}

// Whether it speaks the same protocol; one that does not say is taken at its address.
bool same_protocol(const RecordedExchange& exchange, const Request& request) {
  const auto recorded = exchange.note("type");
  const auto asked = note_of(request, "type");
  return recorded.empty() || asked.empty() || recorded == asked;
}

std::string text_of(const Difference& difference) {
  return fmt::format("at {}: recorded {}, sent {}", difference.place.empty() ? "its whole body" : difference.place,
                     difference.recorded, difference.sent);
}

Result<ResponseHead> play(const RecordedExchange& exchange, const std::string& file, const OnBody& on_body,
                          const Call& call) {
  for (const auto& piece : exchange.pieces) {
    ERRAND_TRY(call.check());
    ERRAND_TRY(on_body(exchange.head, piece.bytes));
  }
  ERRAND_TRY(call.check());
  if (exchange.error) return fail(*exchange.error);
  if (exchange.end == RecordedEnd::whole) return exchange.head;
  return fail(ErrorKind::unavailable,
              fmt::format("exchange {} of {} goes no further: when it was recorded its reader stopped here",
                          exchange.number, file));
}

// A recorded exchange that may answer a request, and where the two differ.
struct Choice {
  std::size_t index = 0;
  Comparison comparison;
};

}  // namespace

struct Replayer::State {
  State(Recording played, ReplayOptions given);
  Result<const RecordedExchange*> take(const Request& request);

  Recording recording;
  ReplayOptions options;
  std::vector<Json> bodies;  // of the recorded requests, as they are compared

 private:
  [[nodiscard]] std::optional<Choice> nearest(const Request& request, const Json& body) const;
  [[nodiscard]] Error none_left(const Request& request) const;
  [[nodiscard]] Error differs(const Choice& choice) const;
  void tell(const Choice& choice, const Request& request);

  std::mutex mutex_;  // for what follows
  Redactor redactor_;
  std::vector<bool> used_;
  std::size_t requests_ = 0;
  std::set<std::string> told_;  // differences
  bool cut_told_ = false;
};

Replayer::State::State(Recording played, ReplayOptions given)
    : recording(std::move(played)), options(std::move(given)), redactor_(options.secrets) {
  for (const auto& exchange : recording.exchanges) bodies.push_back(comparable(exchange.body, recording.places));
  used_.resize(recording.exchanges.size());
}

std::optional<Choice> Replayer::State::nearest(const Request& request, const Json& body) const {
  std::optional<Choice> best;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto& exchange = recording.exchanges[i];
    if (used_[i] || exchange.method != request.method || !same_protocol(exchange, request)) continue;
    if (!same_resource(exchange.url, request.url)) continue;
    auto comparison = compare(bodies[i], body);
    if (best && best->comparison.count <= comparison.count) continue;
    best = Choice{i, std::move(comparison)};
    if (best->comparison.count == 0) break;
  }
  return best;
}

Error Replayer::State::none_left(const Request& request) const {
  const auto model = note_of(request, "model");
  const auto asked = fmt::format("request {} ({} {}{}{})", requests_, request.method, redactor_.clean_url(request.url),
                                 model.empty() ? "" : " for ", model);
  const auto left = std::ranges::count(used_, false);
  if (!recording.cut.empty() && left == 0) {
    return {.kind = ErrorKind::failure,
            .message = fmt::format("the recording {} is cut off before it answers {}: {}", recording.file, asked,
                                   recording.cut),
            .hint = std::string(hint_record_anew)};
  }
  return {.kind = ErrorKind::failure,
          .message = fmt::format("the recording {} has no answer left for {}: it holds {}, {} of them not asked for",
                                 recording.file, asked, text::count_of(used_.size(), "exchange"), left),
          .hint = std::string(hint_record_anew)};
}

Error Replayer::State::differs(const Choice& choice) const {
  const auto& comparison = choice.comparison;
  return {.kind = ErrorKind::failure,
          .message = fmt::format("request {} differs from exchange {} of {} in {}; first {}", requests_,
                                 recording.exchanges[choice.index].number, recording.file,
                                 text::count_of(comparison.count, "place"), text_of(comparison.first.front())),
          .hint = fmt::format("{}, or leave out --replay-strict", hint_record_anew)};
}

// What differs in one request differs in those that follow too: each is told once.
void Replayer::State::tell(const Choice& choice, const Request& request) {
  if (!request.on_warning) return;
  if (!recording.cut.empty() && !std::exchange(cut_told_, true)) {
    request.on_warning("replay_cut", fmt::format("the recording {} is not whole: {}", recording.file, recording.cut));
  }
  std::vector<std::string> lines;
  for (const auto& difference : choice.comparison.first) {
    const auto line = text_of(difference);
    if (told_.insert(line).second) lines.push_back(line);
  }
  if (lines.empty()) return;
  request.on_warning("replay_differs",
                     fmt::format("request {} differs from exchange {} of {} {}", requests_,
                                 recording.exchanges[choice.index].number, recording.file, text::join(lines, "; ")));
}

Result<const RecordedExchange*> Replayer::State::take(const Request& request) {
  std::unique_lock lock(mutex_);
  ++requests_;
  redactor_.learn(request);
  const auto choice = nearest(request, comparable(redactor_.clean(request.body), options.places));
  if (!choice) return fail(none_left(request));
  if (options.mode == ReplayMode::strict && choice->comparison.count > 0) return fail(differs(*choice));
  used_[choice->index] = true;
  tell(*choice, request);
  return &recording.exchanges[choice->index];
}

Replayer::Replayer(Recording recording, ReplayOptions options)
    : state_(std::make_unique<State>(std::move(recording), std::move(options))) {}

Replayer::~Replayer() = default;

const Recording& Replayer::recording() const {
  return state_->recording;
}

Result<ResponseHead> Replayer::send(const Request& request, const OnBody& on_body, const Call& call) {
  ERRAND_TRY(call.check());
  ERRAND_TRY_ASSIGN(const auto* exchange, state_->take(request));
  return play(*exchange, state_->recording.file, on_body, call);
}

}  // namespace errand::http
