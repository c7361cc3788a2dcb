// Tasks and replies as bytes (CBOR), to be sent from one rank to another.
#include <cmath>

#include <nlohmann/json.hpp>

#include "pgb/search/run/workers.h"

namespace pgb::search {
namespace {

using Json = nlohmann::json;

Json to_json(const Ending& e) {
  return {static_cast<int>(e.kind),
          static_cast<int>(e.curvature),
          e.steps,
          e.loss,
          e.gradient,
          e.step,
          e.z,
          e.outputs};
}

Ending ending_from(const Json& j) {
  Ending e;
  e.kind = static_cast<EndKind>(j[0].get<int>());
  e.curvature = static_cast<Curvature>(j[1].get<int>());
  e.steps = j[2].get<int>();
  e.loss = j[3].get<double>();
  e.gradient = j[4].get<double>();
  e.step = j[5].get<double>();
  e.z = j[6].get<std::vector<double>>();
  e.outputs = j[7].get<std::vector<double>>();
  return e;
}

Json to_json(const Judgement& j) {
  return {static_cast<int>(j.kind),
          j.certified,
          j.reason,
          j.explanation,
          j.problem,
          j.sha256,
          j.loss,
          j.loss_lower,
          j.loss_upper,
          j.center,
          j.reach,
          j.smallest_curvature,
          j.certificates};
}

Judgement judgement_from(const Json& json) {
  Judgement j;
  j.kind = static_cast<PointKind>(json[0].get<int>());
  j.certified = json[1].get<bool>();
  j.reason = json[2].get<std::string>();
  j.explanation = json[3].get<std::string>();
  j.problem = json[4].get<std::string>();
  j.sha256 = json[5].get<std::string>();
  j.loss = json[6].get<std::string>();
  j.loss_lower = json[7].get<double>();
  j.loss_upper = json[8].get<double>();
  j.center = json[9].get<std::vector<std::string>>();
  j.reach = json[10].get<std::string>();
  j.smallest_curvature = json[11].get<double>();
  j.certificates = json[12].get<std::vector<std::string>>();
  return j;
}

std::string bytes(const Json& json) {
  std::string out;
  Json::to_cbor(json, out);
  return out;
}

}  // namespace

std::string packed(const Task& task) {
  return bytes({static_cast<int>(task.kind), task.number, task.problem, to_json(task.ending), task.data,
                task.first, task.length, task.from});
}

std::string packed(const Reply& reply) {
  Json endings = Json::array();
  for (const Ending& e : reply.endings) endings.push_back(to_json(e));
  return bytes(
      {static_cast<int>(reply.kind), reply.number, reply.abandoned, endings, to_json(reply.judgement)});
}

Task task_from(const std::string& text) {
  const Json json = Json::from_cbor(text);
  Task task;
  task.kind = static_cast<Task::Kind>(json[0].get<int>());
  task.number = json[1].get<std::int64_t>();
  task.problem = json[2].get<std::size_t>();
  task.ending = ending_from(json[3]);
  task.data = json[4].get<std::vector<double>>();
  task.first = json[5].get<std::size_t>();
  task.length = json[6].get<std::size_t>();
  task.from = json[7].get<std::vector<std::vector<double>>>();
  return task;
}

Reply reply_from(const std::string& text) {
  const Json json = Json::from_cbor(text);
  Reply reply;
  reply.kind = static_cast<Task::Kind>(json[0].get<int>());
  reply.number = json[1].get<std::int64_t>();
  reply.abandoned = json[2].get<bool>();
  for (const Json& e : json[3]) reply.endings.push_back(ending_from(e));
  reply.judgement = judgement_from(json[4]);
  return reply;
}

}  // namespace pgb::search
