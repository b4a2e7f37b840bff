#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "chat/codec.hpp"
#include "unit/provider/support.hpp"

// Our own small set of streams, tests/golden/provider/<protocol>-<what>.sse, each with what it must decode to beside it
// (.json). UPDATE_GOLDEN=1 writes those anew.

namespace errand::provider::test {

namespace {

std::vector<std::filesystem::path> golden_streams() {
  std::vector<std::filesystem::path> out;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(ERRAND_SOURCE_DIR) + "/tests/golden/provider")) {
    if (file.path().extension() == ".sse") out.push_back(file.path());
  }
  std::ranges::sort(out);
  return out;
}

Json outcome(const Decoded& decoded) {
  Json out = {{"message", chat::to_json(decoded.message)}};
  if (decoded.error) {
    out["error"] = {{"kind", name_of(decoded.error->kind)},
                    {"message", decoded.error->message},
                    {"retryable", decoded.error->retryable}};
  }
  return out;
}

}  // namespace

TEST_CASE("golden: each stream decodes to what stands beside it, however it is cut", "[provider][golden]") {
  const auto anthropic = make_anthropic_codec();
  const auto openai = make_openai_chat_codec();
  const auto files = golden_streams();
  REQUIRE(files.size() >= 16);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    const bool is_anthropic = file.filename().string().starts_with("anthropic-");
    const auto& codec = is_anthropic ? anthropic : openai;
    const auto endpoint = is_anthropic ? anthropic_endpoint() : openai_endpoint();
    const auto body = read_file(file);
    auto expected_path = file;
    expected_path.replace_extension(".json");
    if (std::getenv("UPDATE_GOLDEN") != nullptr) {  // NOLINT(concurrency-mt-unsafe): tests set no variables
      std::ofstream(expected_path) << outcome(decode(*codec, endpoint, {200, {}}, {body})).dump(2) << '\n';
    }
    const auto expected = Json::parse(read_file(expected_path));
    for (const auto chunking : {Chunking::whole, Chunking::lines, Chunking::bytes, Chunking::random}) {
      CAPTURE(chunking);
      CHECK(outcome(decode(*codec, endpoint, {200, {}}, chunks_of(body, chunking))).dump(2) == expected.dump(2));
    }
  }
}

}  // namespace errand::provider::test
