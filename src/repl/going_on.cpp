#include "repl/going_on.hpp"

#include <variant>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.hpp"
#include "base/time.hpp"
#include "base/try.hpp"
#include "base/unicode.hpp"
#include "render/fold.hpp"
#include "render/options.hpp"
#include "render/summary.hpp"
#include "store/short_id.hpp"

namespace errand::repl {

namespace {

constexpr std::size_t shown_answer_lines = 6;
constexpr std::size_t tab_columns = 4;

void read_answer(const chat::AssistantMessage& reply, std::size_t count, LastExchange& out) {
  out.answer = text::lines(text::trim(reply.text()));
  out.begun_before = out.answer.size() > count;
  if (out.begun_before) out.answer.erase(out.answer.begin(), out.answer.end() - static_cast<std::ptrdiff_t>(count));
}

// A tab has no width that is known.
std::string without_tabs(const std::string& line) {
  return text::replace_all(line, "\t", std::string(tab_columns, ' '));
}

}  // namespace

Result<LastExchange> last_exchange(store::Store& store, const std::string& session, std::size_t answer_lines) {
  ERRAND_TRY_ASSIGN(const auto history, store.read_history(session));
  LastExchange out;
  out.ended_at_call =
      !history.messages.empty() && std::holds_alternative<chat::ToolResult>(history.messages.back().body);
  for (auto i = history.messages.rbegin(); i != history.messages.rend(); ++i) {
    if (const auto* reply = std::get_if<chat::AssistantMessage>(&i->body)) {
      out.cut = out.cut || reply->stop == chat::StopReason::cancelled;
      if (out.answer.empty()) read_answer(*reply, answer_lines, out);
    }
    if (const auto* prompt = std::get_if<chat::UserMessage>(&i->body)) {
      out.prompt = text::first_line(text::trim(chat::text_of(prompt->content)));
      break;
    }
  }
  return out;
}

std::string going_on_line(const store::SessionInfo& session) {
  const auto& start = session.start;
  const auto& what = start.name.empty() ? start.title : start.name;
  return unicode::sanitize(fmt::format("the next prompt goes on with {}: {} ({}, {})", store::short_id(session.id),
                                       what, format_age(session.updated, now()),
                                       text::count_of(static_cast<std::size_t>(session.turns), "turn")));
}

std::vector<std::string> going_on_lines(store::Store& store, const store::SessionInfo& session, std::size_t columns) {
  auto out = text::lines(render::fold(going_on_line(session), columns));
  const auto last = last_exchange(store, session.id, shown_answer_lines);
  if (!last) {
    out.push_back(render::one_line(last.error().message, columns));
    return out;
  }
  if (!last->prompt.empty()) out.push_back(render::one_line("> " + last->prompt, columns));
  if (last->begun_before) out.emplace_back("…");
  for (const auto& line : last->answer) out.push_back(text::ellipsize(without_tabs(unicode::sanitize(line)), columns));
  if (last->cut || session.status == "interrupted")
    out.emplace_back("the last answer was cut off");
  else if (last->answer.empty() && !last->prompt.empty())
    out.emplace_back("no answer came");
  else if (last->ended_at_call)
    out.emplace_back("the run ended before its last answer");
  return out;
}

void show_going_on(const store::SessionInfo& session, const SlashContext& context) {
  const auto color = context.appearance.theme().paints() ? render::Color::on : render::Color::off;
  for (const auto& line : going_on_lines(context.menus->store, session, render::columns_of(STDERR_FILENO) - 1))
    context.show(render::paint(line, render::Tone::dim, color) + "\n");
}

}  // namespace errand::repl
