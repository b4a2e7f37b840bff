#include "cli/map_run.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/bill.hpp"
#include "agent/services.hpp"
#include "base/exit_code.hpp"
#include "base/json.hpp"
#include "base/money.hpp"
#include "base/text.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "chat/codec.hpp"
#include "chat/event_json.hpp"
#include "store/budget_spent.hpp"
#include "store/open.hpp"

namespace errand::cli {

namespace {

constexpr std::size_t max_told_warnings = 100;
constexpr std::size_t max_title_columns = 80;
constexpr double smallest_limit = 1e-9;

// What no record is to blame for: each of the others would end the same way.
bool ends_all(const Error& error) {
  return error.kind == ErrorKind::auth || error.kind == ErrorKind::config || error.kind == ErrorKind::storage ||
         error.code == error_code::no_credit;
}

// How much a regular file still holds; 0: nobody knows how much there will be.
std::int64_t bytes_left(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) return 0;
  const auto at = ::lseek(fd, 0, SEEK_CUR);
  return at < 0 ? 0 : std::max<std::int64_t>(info.st_size - at, 0);
}

chat::Event event_of(const Error& error) {
  chat::event::Done done;
  done.stop_reason = name_of(error.kind);
  done.total_cost_usd = 0.0;
  done.error = error;
  return {.seq = 0, .session = {}, .run = {}, .agent_path = "root", .time = now(), .body = std::move(done)};
}

chat::event::Done& done_of(chat::Event& event) {
  return std::get<chat::event::Done>(event.body);
}

Error spent_out(double max_cost) {
  return {.kind = ErrorKind::limit,
          .message = fmt::format("all records together may cost {}, and that is spent", format_usd(max_cost)),
          .hint = "raise --max-cost, and go on with --resume",
          .code = std::string(agent::money_spent)};
}

}  // namespace

// Hears one record's run: what it costs as it is spent, what it warns of, and its end.
class MapRun::Sink final : public chat::EventSink {
 public:
  explicit Sink(MapRun& map) : map_(map) {}

  void on_event(const chat::Event& event) override {
    if (const auto* usage = std::get_if<chat::event::UsageEvent>(&event.body)) spend(usage->total_cost_usd);
    if (const auto* warning = std::get_if<chat::event::Warning>(&event.body)) map_.warn(*warning);
    const auto* done = std::get_if<chat::event::Done>(&event.body);
    if (done == nullptr) return;
    spend(done->total_cost_usd);
    done_ = event;
  }

  // Events know no estimate of what a reply cost whose usage the API did not say; limits do.
  void settle(double presumed_usd) { spend(presumed_usd); }
  [[nodiscard]] bool spent_nothing() const { return told_usd_ <= 0; }
  std::optional<chat::Event> take_done() { return std::exchange(done_, std::nullopt); }

 private:
  void spend(std::optional<double> total) {
    if (!total || *total <= told_usd_) return;
    map_.spend(*total - std::exchange(told_usd_, *total));
  }

  MapRun& map_;
  double told_usd_ = 0;
  std::optional<chat::Event> done_;
};

Result<void> MapRun::go(int fd, const std::stop_token& stop) {
  const std::stop_callback stopped(stop, [this] {
    reading_.request_stop();
    running_.request_stop();
  });
  reader_.emplace(fd, "\n", max_record_bytes);
  total_bytes_ = bytes_left(fd);
  {
    std::vector<std::jthread> workers;
    for (std::size_t i = 1; i < options_.jobs; ++i) workers.emplace_back([this] { work(); });
    work();
  }
  const std::lock_guard lock(mutex_);
  if (fatal_) return fail(*fatal_);
  return {};
}

void MapRun::work() {
  while (const auto record = next_record()) {
    // A record that was read has its line in any case: those behind it are not written before.
    [[maybe_unused]] const bool in_turn = output_.await_turn(record->index, reading_.get_token());
    process(*record);
  }
}

std::optional<MapRun::Record> MapRun::next_record() {
  const std::lock_guard lock(read_mutex_);
  while (!reading_.stop_requested()) {
    auto line = next_line();
    if (!line && line.error().kind == ErrorKind::limit) return Record{next_index_++, {}, std::move(line).error()};
    if (!line) {
      if (line.error().kind != ErrorKind::cancelled) {
        stop_reading_for(std::move(line).error().within(fmt::format("while reading record {}", next_index_)));
      }
      return std::nullopt;
    }
    if (!*line) return std::nullopt;
    count_read((*line)->size() + 1);
    if (text::trim(**line).empty()) continue;
    return Record{next_index_++, std::move(**line)};
  }
  return std::nullopt;
}

// `limit` for a line that is too long, which is read to its end then: what follows is the next.
Result<std::optional<std::string>> MapRun::next_line() {
  const Call call{reading_.get_token()};
  auto line = reader_->next(call);
  if (line && *line && (*line)->size() > max_record_bytes) {
    count_read((*line)->size() + 1);
    return fail(ErrorKind::limit, fmt::format("the record exceeds {} bytes", max_record_bytes));
  }
  if (line || line.error().kind != ErrorKind::limit) return line;
  auto rest = std::move(line);
  while (!rest && rest.error().kind == ErrorKind::limit) {
    reader_->drop_pending();  // holds no line's end
    count_read(max_record_bytes);
    rest = reader_->next(call);
  }
  if (!rest) return rest;
  if (*rest) count_read((*rest)->size() + 1);
  return fail(ErrorKind::limit, fmt::format("the record exceeds {} bytes", max_record_bytes));
}

void MapRun::count_read(std::size_t bytes) {
  read_bytes_ += static_cast<std::int64_t>(bytes);
  if (total_bytes_ > 0) output_.use_share(static_cast<double>(read_bytes_) / static_cast<double>(total_bytes_));
}

void MapRun::process(const Record& record) {
  if (earlier_ != nullptr) {
    auto line = earlier_->find(record.index, input_of(record));
    const bool again =
        line && (line->end == RecordEnd::unfinished || (line->end == RecordEnd::failed && options_.retry_failed));
    if (line && !again) {
      output_.count_kept();
      output_.put(record.index, std::move(line->text), line->end);
      return;
    }
  }
  if (const auto why = why_not_started()) return put_unstarted(record, *why, RecordEnd::unfinished);
  const auto message =
      record.unreadable ? Result<chat::UserMessage>(fail(*record.unreadable)) : prompt_.with(record.text);
  if (message) return run_one(record, *message);
  tell_failure(record, message.error());
  put_unstarted(record, message.error(), RecordEnd::failed);
}

std::optional<Error> MapRun::why_not_started() const {
  const std::lock_guard lock(mutex_);
  if (fatal_) return fatal_;
  if (money_out_) return money_out_;
  if (running_.stop_requested()) return Error{.kind = ErrorKind::cancelled, .message = "cancelled"};
  return std::nullopt;
}

void MapRun::run_one(const Record& record, const chat::UserMessage& message) {
  auto done = ask(record, message);
  if (!done) {
    const bool stopped = stops_others(done.error()) || done.error().kind == ErrorKind::cancelled;
    if (!stopped) tell_failure(record, done.error());
    return put_unstarted(record, done.error(), stopped ? RecordEnd::unfinished : RecordEnd::failed);
  }
  auto& error = done_of(*done).error;
  if (!error) return put(record, *std::move(done), RecordEnd::done);
  const bool stops = stops_others(*error);
  const auto why = why_not_started();  // by now: what stopped the others stopped this one
  const bool stopped = stops || (why && (error->kind == ErrorKind::cancelled || error->code == agent::money_spent));
  if (stopped && why && why->kind != error->kind) {
    error = *why;
    done_of(*done).stop_reason = name_of(why->kind);
  }
  if (!stopped) tell_failure(record, *error);
  put(record, *std::move(done), stopped ? RecordEnd::unfinished : RecordEnd::failed);
}

// Whether no other record is to be started after that error; sees to it.
bool MapRun::stops_others(const Error& error) {
  if (ends_all(error)) {
    end_with(error);
    return true;
  }
  if (error.code != store::budget_spent) return false;
  const std::lock_guard lock(mutex_);
  if (!money_out_) money_out_ = error;
  return true;
}

// The engine's, but for where its events go and, where no session is kept, the store.
agent::Services MapRun::services_with(chat::EventSink& sink, store::Store* temporary) const {
  // Each of them by name, so that one which is added is not forgotten here.
  const auto& [kept, tools, sandbox, interaction, nobody, secrets, open_model, save_rule, subagents, skills,
               surroundings, purse, web, compact_at, notes, observer, span_variables, servers] =
      talk_.engine().services();
  return {.store = temporary != nullptr ? *temporary : kept,
          .tools = tools,
          .sandbox = sandbox,
          .interaction = interaction,
          .sink = sink,
          .secrets = secrets,
          .open_model = open_model,
          .save_rule = save_rule,
          .subagents = subagents,
          .skills = skills,
          .surroundings = surroundings,
          .purse = purse,
          .web = web,
          .compact_at = compact_at,
          .notes = notes,
          .observer = observer,
          .span_variables = span_variables,
          .servers = servers};
}

Result<chat::Event> MapRun::ask(const Record& record, const chat::UserMessage& message) {
  std::unique_ptr<store::Store> temporary;  // so that what is not kept does not add up either
  if (!options_.keep_sessions) {
    ERRAND_TRY_ASSIGN(temporary, store::open_temporary());
  }
  Sink sink(*this);
  const auto services = services_with(sink, temporary.get());
  const auto definition = definition_for_next();
  Call call{running_.get_token()};
  if (definition.limits.timeout.count() > 0) call = call.within(definition.limits.timeout);
  agent::ChatStart start{.definition = definition,
                         .resume = std::nullopt,
                         .name = {},
                         .trigger = "map",
                         .argv = invocation_.argv,
                         .cancelled_by = [this] { return cancelled_by(); },
                         .warnings = {},
                         .on_wait = {}};
  if (options_.keep_sessions) {
    ERRAND_TRY_ASSIGN(start.parent, parent_session());
  }
  agent::Chat chat(services, std::move(start));
  const auto result = chat.ask(message, call);
  chat.end("other");
  if (!result) return fail(result.error());
  sink.settle(result->presumed_usd);
  if (ran_out_of_rest(definition.limits, result->done, sink)) {
    const std::lock_guard lock(mutex_);
    if (!money_out_) money_out_ = spent_out(*options_.max_cost);
  }
  auto done = sink.take_done();
  if (!done) return fail(ErrorKind::internal, fmt::format("the run of record {} did not end", record.index));
  return *std::move(done);
}

// Whether what is left of the money for all records is too little for the next request of one.
bool MapRun::ran_out_of_rest(const chat::Limits& limits, const chat::event::Done& done, const Sink& sink) const {
  if (!options_.max_cost || !done.error || done.error->code != agent::money_spent) return false;
  const auto own = talk_.chat().definition().limits.max_cost_usd;
  const bool by_rest = own <= 0 || limits.max_cost_usd < own;
  // One that would not fit into all there was says nothing of the others.
  const bool too_dear = limits.max_cost_usd >= *options_.max_cost && sink.spent_nothing();
  return by_rest && !too_dear;
}

// One session that theirs hang below, so that a list of sessions shows one line and not thousands.
Result<std::string> MapRun::parent_session() {
  const std::lock_guard lock(mutex_);
  if (!parent_.empty()) return parent_;
  const auto& definition = talk_.chat().definition();
  const auto& around = talk_.engine().services().surroundings;
  const auto title = unicode::sanitize(text::first_line(prompt_.text()));
  ERRAND_TRY_ASSIGN(
      const auto made,
      talk_.engine().store().create(
          {.agent = definition.id,
           .definition_hash = definition.hash,
           .model = text::join(definition.models, ","),
           .project = around.roots.project,
           .cwd = around.cwd,
           .permission_mode = {},
           .title = text::ellipsize(talk_.engine().services().secrets.clean("map: " + title), max_title_columns),
           .name = {},
           .parent = {}}));
  parent_ = made.id;
  return parent_;
}

chat::AgentDefinition MapRun::definition_for_next() const {
  auto out = talk_.chat().definition();
  if (!options_.max_cost) return out;
  const std::lock_guard lock(mutex_);
  const auto left = std::max(*options_.max_cost - spent_usd_, smallest_limit);  // 0 would mean none
  auto& limit = out.limits.max_cost_usd;
  if (limit <= 0 || left < limit) limit = left;
  return out;
}

Json MapRun::input_of(const Record& record) const {
  return record.unreadable ? Json(nullptr) : cli::input_of(record.text, options_.form);
}

void MapRun::put(const Record& record, chat::Event event, RecordEnd end) {
  auto json = chat::to_json(event);
  json["index"] = record.index;
  json["input"] = input_of(record);
  if (end == RecordEnd::unfinished) json["unfinished"] = true;
  output_.put(record.index, chat::dump(json), end);
}

void MapRun::put_unstarted(const Record& record, const Error& error, RecordEnd end) {
  put(record, event_of(error), end);
}

void MapRun::tell_failure(const Record& record, const Error& error) {
  if (!invocation_.globals.quiet) output_.note(fmt::format("record {} failed: {}", record.index, error.message));
}

// What every record's run warns of is told once.
void MapRun::warn(const chat::event::Warning& warning) {
  if (invocation_.globals.quiet) return;
  {
    const std::lock_guard lock(mutex_);
    if (told_.size() >= max_told_warnings || !told_.insert(warning.code + "\n" + warning.message).second) return;
  }
  output_.note("warning: " + warning.message);
}

void MapRun::spend(double usd) {
  double spent = 0;
  bool over = false;
  {
    const std::lock_guard lock(mutex_);
    spent = spent_usd_ += usd;
    over = options_.max_cost && spent_usd_ >= *options_.max_cost;
    if (over && !money_out_) money_out_ = spent_out(*options_.max_cost);
  }
  output_.use_cost(spent);
  if (over) running_.request_stop();
}

// What runs may end.
void MapRun::stop_reading_for(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (!fatal_) fatal_ = error;
  }
  reading_.request_stop();
}

void MapRun::end_with(const Error& error) {
  stop_reading_for(error);
  running_.request_stop();
}

agent::CancelledBy MapRun::cancelled_by() const {
  if (const auto by = invocation_.signals.cancelled()) return *by;
  const std::lock_guard lock(mutex_);
  if (money_out_) return {"--max-cost", exit_code_of(ErrorKind::limit)};
  return {"errand map", exit_code_of(ErrorKind::failure)};
}

}  // namespace errand::cli
