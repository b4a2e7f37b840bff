#include "provider/assembler.hpp"

#include <catch2/catch.hpp>

namespace errand::provider {

namespace {

using namespace chat::stream;  // NOLINT: the events are what this test is written in
using chat::StopReason;

struct End {
  std::size_t block;
};
using Step = std::variant<StreamEvent, End>;

void play(Assembler& assembler, std::vector<Step> steps) {
  for (auto& step : steps) {
    if (auto* event = std::get_if<StreamEvent>(&step)) assembler.add(*event);
    if (const auto* end = std::get_if<End>(&step)) assembler.end_block(end->block);
  }
}

std::vector<std::string> names_of(const std::vector<chat::ToolCall>& calls) {
  std::vector<std::string> out;
  for (const auto& call : calls) out.push_back(call.name);
  return out;
}

// Four calls in the states in which a cut may leave them.
void four_calls(Assembler& assembler) {
  play(assembler, {StreamEvent{ToolCallBegin{1, "a", "ended_empty"}}, End{1},
                   StreamEvent{ToolCallBegin{2, "b", "object"}}, StreamEvent{ToolCallDelta{2, "{\"x\":"}},
                   StreamEvent{ToolCallDelta{2, "1}"}}, StreamEvent{ToolCallBegin{3, "c", "ended_broken"}},
                   StreamEvent{ToolCallDelta{3, "{\"x\":"}}, End{3}, StreamEvent{ToolCallBegin{4, "d", "open_empty"}},
                   StreamEvent{ToolCallBegin{5, "e", "open_broken"}}, StreamEvent{ToolCallDelta{5, "{\"x\":\"1"}}});
}

}  // namespace

TEST_CASE("assembler: a call that did not arrive whole is never in the reply", "[provider][assembler]") {
  using Names = std::vector<std::string>;
  const auto [stop, expected] = GENERATE(table<StopReason, Names>({
      {StopReason::tool_use, {"ended_empty", "object", "ended_broken"}},  // broken JSON that the model meant: data
      {StopReason::max_tokens, {"ended_empty", "object"}},
      {StopReason::context_window, {"ended_empty", "object"}},
      {StopReason::refusal, {}},
  }));
  Assembler assembler;
  four_calls(assembler);
  play(assembler, {StreamEvent{Finished{stop}}});
  CHECK(names_of(assembler.whole().tool_calls()) == expected);
  CHECK(assembler.whole().stop == stop);
  CHECK(names_of(assembler.cut().tool_calls()) == Names{"ended_empty", "object"});
  CHECK(assembler.cut().stop == StopReason::cancelled);
}

TEST_CASE("assembler: a call that the model meant and that did not arrive is missed", "[provider][assembler]") {
  const auto lacks = [](StopReason stop, std::vector<Step> steps) {
    Assembler assembler;
    play(assembler, std::move(steps));
    play(assembler, {StreamEvent{Finished{stop}}});
    return assembler.lacks_call();
  };
  const Step begin = StreamEvent{ToolCallBegin{1, "a", "Bash"}};
  const Step half = StreamEvent{ToolCallDelta{1, "{\"x\":"}};
  const Step rest = StreamEvent{ToolCallDelta{1, "1}"}};
  for (const auto stop : {StopReason::tool_use, StopReason::end_turn, StopReason::stop_sequence}) {
    CHECK(lacks(stop, {begin, half}));
    CHECK(lacks(stop, {begin}));
    CHECK_FALSE(lacks(stop, {begin, half, rest}));
    CHECK_FALSE(lacks(stop, {begin, End{1}}));
    CHECK_FALSE(lacks(stop, {begin, half, End{1}}));
  }
  for (const auto stop : {StopReason::max_tokens, StopReason::context_window, StopReason::refusal}) {
    CHECK_FALSE(lacks(stop, {begin, half}));
  }
  CHECK(lacks(StopReason::tool_use, {StreamEvent{TextDelta{0, "I run it"}}}));
  CHECK_FALSE(lacks(StopReason::tool_use, {StreamEvent{NativeBlock{0, "p", "{}"}}}));
  CHECK_FALSE(lacks(StopReason::end_turn, {StreamEvent{TextDelta{0, "done"}}}));
}

TEST_CASE("assembler: blocks come in the order of their numbers, whatever these are", "[provider][assembler]") {
  Assembler assembler;
  play(assembler, {StreamEvent{Started{"m"}}, StreamEvent{TextDelta{9, "b"}}, StreamEvent{ThinkingDelta{0, "t"}},
                   StreamEvent{TextDelta{~std::size_t{0}, "z"}}, StreamEvent{TextDelta{9, "c"}},
                   StreamEvent{Signature{0, "old", false}}, StreamEvent{Signature{0, "new", false}},
                   StreamEvent{NativeBlock{4, "p", "{}"}}, StreamEvent{TextDelta{5, ""}},
                   StreamEvent{ToolCallDelta{9, "not a call"}}, StreamEvent{UsageReport{{1, 2, 3, 4, 5}}},
                   StreamEvent{UsageReport{{6, 7, 8, 9, 1}}}});
  const chat::AssistantMessage expected{
      {chat::Thinking{"t", "new", false}, chat::Native{"p", "{}"}, chat::Text{"bc"}, chat::Text{"z"}},
      "m",
      StopReason::end_turn,
      {6, 7, 8, 9, 1},
      ""};
  CHECK(assembler.whole() == expected);
}

TEST_CASE("assembler: calls without an id, or with the same one, are told apart", "[provider][assembler]") {
  Assembler assembler;
  StreamEvent first = ToolCallBegin{0, "0", "a"};
  StreamEvent second = ToolCallBegin{1, "0", "b"};
  StreamEvent third = ToolCallBegin{2, "", "c"};
  StreamEvent fourth = ToolCallBegin{3, "", "d"};
  for (auto* event : {&first, &second, &third, &fourth}) assembler.add(*event);
  for (std::size_t i = 0; i < 4; ++i) assembler.end_block(i);
  const auto calls = assembler.whole().tool_calls();
  REQUIRE(calls.size() == 4);
  CHECK(calls[0].id == "0");
  CHECK(calls[1].id == "0_2");
  CHECK(calls[2].id.starts_with("call_"));
  CHECK(calls[2].id != calls[3].id);
  CHECK(std::get<ToolCallBegin>(third).id == calls[2].id);  // who watches sees the same id
  CHECK(assembler.whole().stop == StopReason::tool_use);    // not "end_turn": there are calls to run
}

TEST_CASE("assembler: what a block held can be taken back and told anew", "[provider][assembler]") {
  Assembler assembler;
  play(assembler, {TextDelta{1, "wrong"}, NativeBlock{1, "openai", ""}, TextDelta{1, "ri"}, TextDelta{1, "ght"},
                   NativeBlock{7, "openai", ""}, ThinkingDelta{2, "hm"}, NativeBlock{2, "openai", ""}});
  CHECK(assembler.whole().content == std::vector<chat::AssistantBlock>{chat::Text{"right"}});
}

}  // namespace errand::provider
